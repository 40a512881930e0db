use super::{BitDepth, FrameFormat};

/// What can be wrong with the parts of a [`Frame`](super::Frame).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A side is zero or longer than [`MAX_SIDE`](super::MAX_SIDE).
    #[error("picture size {width}x{height} is outside 1x1 to {limit}x{limit}")]
    Size {
        /// Width asked for, in pixels.
        width: usize,
        /// Height asked for, in pixels.
        height: usize,
        /// The longest side allowed, in pixels.
        limit: usize,
    },
    /// A bit depth other than 8 and 10.
    #[error("bit depth {bits} is not supported (supported: 8, 10)")]
    BitDepth {
        /// Bits per sample asked for.
        bits: u8,
    },
    /// A plane has too many or too few samples for its format.
    #[error("plane {plane} of a {format} frame needs {expected} samples, not {actual}")]
    PlaneLength {
        /// Index of the plane, 0 to 2.
        plane: usize,
        /// The frame's format.
        format: FrameFormat,
        /// Samples needed.
        expected: usize,
        /// Samples given.
        actual: usize,
    },
    /// Eight-bit samples in a ten-bit frame, or the other way round.
    #[error("plane {plane} is not stored as {bit_depth}-bit samples are")]
    SampleType {
        /// Index of the plane, 0 to 2.
        plane: usize,
        /// The frame's bit depth.
        bit_depth: BitDepth,
    },
    /// A sample is larger than its bit depth allows.
    #[error("plane {plane} holds the sample {value}, above the maximum {max}")]
    SampleRange {
        /// Index of the plane, 0 to 2.
        plane: usize,
        /// The offending sample.
        value: u16,
        /// The largest value allowed.
        max: u16,
    },
    /// A buffer of raw bytes does not hold exactly one frame.
    #[error("a {format} frame takes {expected} bytes, not {actual}")]
    ByteLength {
        /// The frame's format.
        format: FrameFormat,
        /// Bytes needed.
        expected: usize,
        /// Bytes given.
        actual: usize,
    },
    /// A colour code point that ITU-T H.273 (2021) reserves.
    #[error("{field} code point {value} is reserved in ITU-T H.273")]
    CodePoint {
        /// `colour primaries`, `transfer characteristics` or `matrix coefficients`.
        field: &'static str,
        /// The reserved value.
        value: u8,
    },
}
