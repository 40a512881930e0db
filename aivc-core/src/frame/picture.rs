use std::io;

use super::{BitDepth, ColorDescription, FrameError, FrameFormat, Plane, Samples};

/// One raw picture of a video: three planes, what their numbers mean, and when it is shown.
///
/// ```
/// use aivc_core::frame::{BitDepth, Frame, FrameFormat, PixelFormat, Samples};
///
/// let format = FrameFormat::new(3, 3, PixelFormat::Yuv420, BitDepth::Eight)?;
/// let frame = Frame::new(
///     format,
///     [Samples::U8(vec![16; 9]), Samples::U8(vec![128; 4]), Samples::U8(vec![128; 4])],
/// )?;
/// assert_eq!(frame.plane(1).width(), 2);
/// # Ok::<(), aivc_core::frame::FrameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    format: FrameFormat,
    color: ColorDescription,
    pts: i64,
    planes: [Plane; 3],
}

impl Frame {
    /// A frame of the three planes in the order that
    /// [`PixelFormat`](super::PixelFormat) gives, with an unspecified colour description and
    /// presentation time 0.
    ///
    /// # Errors
    /// [`FrameError::PlaneLength`], [`FrameError::SampleType`] or [`FrameError::SampleRange`] when
    /// a plane does not fit `format`.
    pub fn new(format: FrameFormat, planes: [Samples; 3]) -> Result<Self, FrameError> {
        for (index, samples) in planes.iter().enumerate() {
            check_plane(format, index, samples)?;
        }
        let mut index = 0;
        let planes = planes.map(|samples| {
            let size = format.plane_size(index);
            index += 1;
            Plane { size, samples }
        });
        Ok(Self {
            format,
            color: ColorDescription::UNSPECIFIED,
            pts: 0,
            planes,
        })
    }

    /// A frame from its raw bytes, planes in order, as [`write_bytes`](Self::write_bytes) leaves
    /// them.
    ///
    /// # Errors
    /// [`FrameError::ByteLength`] unless `bytes` holds exactly one frame, and
    /// [`FrameError::SampleRange`].
    pub fn from_bytes(format: FrameFormat, bytes: &[u8]) -> Result<Self, FrameError> {
        let expected = format.frame_bytes();
        if bytes.len() != expected {
            return Err(FrameError::ByteLength {
                format,
                expected,
                actual: bytes.len(),
            });
        }
        let mut rest = bytes;
        let planes = [0, 1, 2].map(|index| {
            let length = format.plane_size(index).samples() * format.bit_depth().bytes_per_sample();
            let (plane, tail) = rest.split_at(length);
            rest = tail;
            match format.bit_depth() {
                BitDepth::Eight => Samples::U8(plane.to_vec()),
                BitDepth::Ten => {
                    let (pairs, _) = plane.as_chunks::<2>();
                    Samples::U16(pairs.iter().map(|&pair| u16::from_le_bytes(pair)).collect())
                }
            }
        });
        Self::new(format, planes)
    }

    /// The frame with another colour description; the samples stay as they are.
    #[must_use]
    pub fn with_color(mut self, color: ColorDescription) -> Self {
        self.color = color;
        self
    }

    /// The frame with another presentation time.
    #[must_use]
    pub fn with_pts(mut self, pts: i64) -> Self {
        self.pts = pts;
        self
    }

    /// Size, planes and bit depth.
    #[must_use]
    pub fn format(&self) -> FrameFormat {
        self.format
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> usize {
        self.format.width()
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> usize {
        self.format.height()
    }

    /// What the samples mean as colours.
    #[must_use]
    pub fn color(&self) -> ColorDescription {
        self.color
    }

    /// Presentation time in ticks of the video's time base; the readers of this crate count
    /// frames (see [`VideoProperties::time_base`](crate::video::VideoProperties::time_base)).
    #[must_use]
    pub fn pts(&self) -> i64 {
        self.pts
    }

    /// Plane `index`: Y, Cb, Cr or R, G, B.
    ///
    /// # Panics
    /// If `index` is above 2.
    #[must_use]
    pub fn plane(&self, index: usize) -> &Plane {
        &self.planes[index]
    }

    /// All three planes.
    #[must_use]
    pub fn planes(&self) -> &[Plane; 3] {
        &self.planes
    }

    /// The samples alone, without a copy.
    #[must_use]
    pub fn into_samples(self) -> [Samples; 3] {
        self.planes.map(|plane| plane.samples)
    }

    /// Writes the raw bytes of the planes in order: one byte a sample in 8 bit, two bytes (little
    /// endian) in 10 bit. This is ffmpeg's `rawvideo` of `yuv420p` and `yuv420p10le`.
    ///
    /// # Errors
    /// Those of `sink`.
    pub fn write_bytes(&self, sink: &mut impl io::Write) -> io::Result<()> {
        for plane in &self.planes {
            match &plane.samples {
                Samples::U8(samples) => sink.write_all(samples)?,
                Samples::U16(samples) => {
                    let mut bytes = [0; 8192];
                    for part in samples.chunks(bytes.len() / 2) {
                        let (pairs, _) = bytes.as_chunks_mut::<2>();
                        for (pair, sample) in pairs.iter_mut().zip(part) {
                            *pair = sample.to_le_bytes();
                        }
                        sink.write_all(&bytes[..2 * part.len()])?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn check_plane(format: FrameFormat, plane: usize, samples: &Samples) -> Result<(), FrameError> {
    let expected = format.plane_size(plane).samples();
    let actual = samples.len();
    if actual != expected {
        return Err(FrameError::PlaneLength {
            plane,
            format,
            expected,
            actual,
        });
    }
    match (format.bit_depth(), samples) {
        (BitDepth::Eight, Samples::U8(_)) => Ok(()),
        (BitDepth::Ten, Samples::U16(_)) => {
            let (value, max) = (samples.max(), BitDepth::Ten.max_sample());
            if value > max {
                return Err(FrameError::SampleRange { plane, value, max });
            }
            Ok(())
        }
        (bit_depth, _) => Err(FrameError::SampleType { plane, bit_depth }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::PixelFormat;

    fn format(bit_depth: BitDepth) -> FrameFormat {
        FrameFormat::new(3, 1, PixelFormat::Yuv420, bit_depth).unwrap()
    }

    #[test]
    fn bytes_round_trip_in_both_depths() {
        let eight: Vec<u8> = (0..7).collect();
        let ten: Vec<u8> = (0..7).flat_map(|i| [i * 30, i % 4]).collect();
        for (depth, bytes) in [(BitDepth::Eight, eight), (BitDepth::Ten, ten)] {
            let frame = Frame::from_bytes(format(depth), &bytes).unwrap();
            let mut back = Vec::new();
            frame.write_bytes(&mut back).unwrap();
            assert_eq!(back, bytes);
        }
    }

    #[test]
    fn a_sample_above_ten_bits_is_refused() {
        let planes = [vec![0, 0, 1023], vec![0, 1024], vec![0, 0]].map(Samples::U16);
        assert_eq!(
            Frame::new(format(BitDepth::Ten), planes),
            Err(FrameError::SampleRange {
                plane: 1,
                value: 1024,
                max: 1023
            })
        );
    }

    #[test]
    fn a_plane_of_the_wrong_length_or_type_is_refused() {
        let short = [vec![0; 3], vec![0; 2], vec![0; 1]].map(Samples::U8);
        assert!(matches!(
            Frame::new(format(BitDepth::Eight), short),
            Err(FrameError::PlaneLength {
                plane: 2,
                expected: 2,
                actual: 1,
                ..
            })
        ));
        let wide = [vec![0; 3], vec![0; 2], vec![0; 2]].map(Samples::U16);
        assert!(matches!(
            Frame::new(format(BitDepth::Eight), wide),
            Err(FrameError::SampleType { plane: 0, .. })
        ));
    }

    #[test]
    fn a_buffer_of_another_length_is_refused() {
        for actual in [6, 8] {
            assert!(matches!(
                Frame::from_bytes(format(BitDepth::Eight), &vec![0; actual]),
                Err(FrameError::ByteLength { expected: 7, .. })
            ));
        }
    }
}
