use crate::frame::{FrameError, MatrixCoefficients};

/// Why colours cannot be converted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ColorError {
    /// A matrix that is no matrix of constant coefficients.
    #[error("the colour matrix {matrix:?} is not supported (BT.601, BT.709 and BT.2020nc are)")]
    Matrix {
        /// The matrix of the frame's colour description.
        matrix: MatrixCoefficients,
    },
    /// A buffer of RGB values has not the length of the picture.
    #[error("a {width}x{height} RGB picture has {expected} values, not {actual}")]
    Length {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// Values needed, `3 · width · height`.
        expected: usize,
        /// Values given.
        actual: usize,
    },
    /// The picture cannot exist.
    #[error(transparent)]
    Frame(#[from] FrameError),
}
