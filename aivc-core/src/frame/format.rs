use std::fmt;

use super::{FrameError, PlaneSize};

/// The longest side of a picture, in pixels: what H.264 to AV1 decoders meet in practice, and low
/// enough that no size computed from a header overflows.
pub const MAX_SIDE: usize = 16_384;

/// How a picture is divided into planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PixelFormat {
    /// Luma, then Cb, then Cr, each of these with half the width and half the height, rounded up.
    Yuv420,
    /// Red, green and blue, all of full size.
    Rgb,
}

/// Bits per sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BitDepth {
    /// 8 bits, one byte a sample.
    Eight,
    /// 10 bits, two bytes a sample, little endian where they are bytes.
    Ten,
}

impl BitDepth {
    /// The depth in bits: 8 or 10.
    #[must_use]
    pub fn bits(self) -> u8 {
        match self {
            Self::Eight => 8,
            Self::Ten => 10,
        }
    }

    /// The largest sample: 255 or 1023.
    #[must_use]
    pub fn max_sample(self) -> u16 {
        match self {
            Self::Eight => 255,
            Self::Ten => 1023,
        }
    }

    /// Bytes that a sample takes in a file: 1 or 2.
    #[must_use]
    pub fn bytes_per_sample(self) -> usize {
        match self {
            Self::Eight => 1,
            Self::Ten => 2,
        }
    }
}

impl TryFrom<u8> for BitDepth {
    type Error = FrameError;

    /// # Errors
    /// [`FrameError::BitDepth`] for anything but 8 and 10.
    fn try_from(bits: u8) -> Result<Self, FrameError> {
        match bits {
            8 => Ok(Self::Eight),
            10 => Ok(Self::Ten),
            _ => Err(FrameError::BitDepth { bits }),
        }
    }
}

impl fmt::Display for BitDepth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bits().fmt(f)
    }
}

/// Size, planes and bit depth of a picture; a value of this type is always valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FrameFormat {
    width: usize,
    height: usize,
    pixel_format: PixelFormat,
    bit_depth: BitDepth,
}

impl FrameFormat {
    /// A format of `width` x `height` pixels.
    ///
    /// # Errors
    /// [`FrameError::Size`] unless both sides are 1 to [`MAX_SIDE`].
    pub fn new(
        width: usize,
        height: usize,
        pixel_format: PixelFormat,
        bit_depth: BitDepth,
    ) -> Result<Self, FrameError> {
        if !(1..=MAX_SIDE).contains(&width) || !(1..=MAX_SIDE).contains(&height) {
            return Err(FrameError::Size {
                width,
                height,
                limit: MAX_SIDE,
            });
        }
        Ok(Self {
            width,
            height,
            pixel_format,
            bit_depth,
        })
    }

    /// Width of the picture (and of luma) in pixels.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height of the picture (and of luma) in pixels.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Pixels of the picture, `width · height`.
    #[must_use]
    pub fn pixels(&self) -> usize {
        self.width * self.height
    }

    /// Division into planes.
    #[must_use]
    pub fn pixel_format(&self) -> PixelFormat {
        self.pixel_format
    }

    /// Bits per sample.
    #[must_use]
    pub fn bit_depth(&self) -> BitDepth {
        self.bit_depth
    }

    /// The same picture size in another pixel format.
    #[must_use]
    pub fn with_pixel_format(self, pixel_format: PixelFormat) -> Self {
        Self {
            pixel_format,
            ..self
        }
    }

    /// The same picture size in another bit depth.
    #[must_use]
    pub fn with_bit_depth(self, bit_depth: BitDepth) -> Self {
        Self { bit_depth, ..self }
    }

    /// Size of plane `index`.
    ///
    /// # Panics
    /// If `index` is above 2.
    #[must_use]
    pub fn plane_size(&self, index: usize) -> PlaneSize {
        assert!(index < 3, "a frame has planes 0 to 2, not {index}");
        match (self.pixel_format, index) {
            (PixelFormat::Rgb, _) | (PixelFormat::Yuv420, 0) => PlaneSize {
                width: self.width,
                height: self.height,
            },
            (PixelFormat::Yuv420, _) => PlaneSize {
                width: self.width.div_ceil(2),
                height: self.height.div_ceil(2),
            },
        }
    }

    /// Bytes that one frame takes raw, planes in order.
    #[must_use]
    pub fn frame_bytes(&self) -> usize {
        let samples: usize = (0..3).map(|plane| self.plane_size(plane).samples()).sum();
        samples * self.bit_depth.bytes_per_sample()
    }
}

/// `560x320 yuv420p`, with the pixel format's name in ffmpeg where there is one.
impl fmt::Display for FrameFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match (self.pixel_format, self.bit_depth) {
            (PixelFormat::Yuv420, BitDepth::Eight) => "yuv420p",
            (PixelFormat::Yuv420, BitDepth::Ten) => "yuv420p10le",
            (PixelFormat::Rgb, BitDepth::Eight) => "planar rgb",
            (PixelFormat::Rgb, BitDepth::Ten) => "planar rgb, 10 bit",
        };
        write!(f, "{}x{} {name}", self.width, self.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chroma_of_odd_sizes_rounds_up() {
        let format = FrameFormat::new(17, 1, PixelFormat::Yuv420, BitDepth::Ten).unwrap();
        assert_eq!(
            format.plane_size(1),
            PlaneSize {
                width: 9,
                height: 1
            }
        );
        assert_eq!(format.frame_bytes(), 2 * (17 + 9 + 9));
    }

    #[test]
    fn sizes_outside_the_limits_are_refused() {
        for (width, height) in [(0, 4), (4, 0), (MAX_SIDE + 1, 4), (4, usize::MAX)] {
            assert_eq!(
                FrameFormat::new(width, height, PixelFormat::Rgb, BitDepth::Eight),
                Err(FrameError::Size {
                    width,
                    height,
                    limit: MAX_SIDE
                })
            );
        }
    }
}
