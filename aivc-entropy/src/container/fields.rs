//! Types of single header fields, with their codes.

use std::fmt;

use super::HeaderError;

/// The kind of codec that a stream is decoded with.
///
/// A reader keeps the code of a family that it does not know, so that it can still describe the
/// stream; decoding it is for a newer version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// GDN autoencoder with a factorized prior.
    Factorized,
    /// Mean-scale hyperprior.
    Hyperprior,
    /// Motion-compensated hybrid codec.
    Hybrid,
    /// Vector-quantized autoencoder.
    VqVae,
    /// Hyperprior over space and time.
    Hyperprior3d,
    /// A family of a later version. It can be read, and not written.
    Unknown(u8),
}

impl Family {
    /// The family of a code.
    pub fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Factorized,
            2 => Self::Hyperprior,
            3 => Self::Hybrid,
            4 => Self::VqVae,
            5 => Self::Hyperprior3d,
            other => Self::Unknown(other),
        }
    }

    /// The code in the stream header.
    pub fn code(self) -> u8 {
        match self {
            Self::Factorized => 1,
            Self::Hyperprior => 2,
            Self::Hybrid => 3,
            Self::VqVae => 4,
            Self::Hyperprior3d => 5,
            Self::Unknown(code) => code,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Factorized => f.write_str("factorized"),
            Self::Hyperprior => f.write_str("hyperprior"),
            Self::Hybrid => f.write_str("hybrid"),
            Self::VqVae => f.write_str("vqvae"),
            Self::Hyperprior3d => f.write_str("hyperprior3d"),
            Self::Unknown(code) => write!(f, "unknown family {code}"),
        }
    }
}

/// The set of tools that a stream needs from its decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Profile {
    /// Everything in this version.
    #[default]
    Base,
    /// The coded picture is half as wide and high as the one to show: a decoder may enlarge it.
    HalfSize,
}

impl Profile {
    pub(super) fn from_code(code: u8) -> Result<Self, HeaderError> {
        match code {
            0 => Ok(Self::Base),
            1 => Ok(Self::HalfSize),
            found => Err(HeaderError::Profile { found }),
        }
    }

    pub(super) fn code(self) -> u8 {
        match self {
            Self::Base => 0,
            Self::HalfSize => 1,
        }
    }
}

/// The planes of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PixelFormat {
    /// Luma, and two chroma planes of half its width and height, rounded up.
    Yuv420,
    /// Red, green and blue.
    Rgb,
}

impl PixelFormat {
    pub(super) fn from_code(code: u8) -> Result<Self, HeaderError> {
        match code {
            1 => Ok(Self::Yuv420),
            2 => Ok(Self::Rgb),
            found => Err(HeaderError::PixelFormat { found }),
        }
    }

    pub(super) fn code(self) -> u8 {
        match self {
            Self::Yuv420 => 1,
            Self::Rgb => 2,
        }
    }
}

impl fmt::Display for PixelFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yuv420 => "yuv420",
            Self::Rgb => "rgb",
        })
    }
}

/// Which sample values stand for black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColorRange {
    /// 16 to 235 (luma at 8 bits).
    Limited,
    /// All values.
    Full,
}

impl ColorRange {
    pub(super) fn from_code(code: u8) -> Result<Self, HeaderError> {
        match code {
            0 => Ok(Self::Limited),
            1 => Ok(Self::Full),
            found => Err(HeaderError::ColorRange { found }),
        }
    }

    pub(super) fn code(self) -> u8 {
        match self {
            Self::Limited => 0,
            Self::Full => 1,
        }
    }
}

/// A positive ratio; it need not be in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rational {
    /// The upper number, at least 1 in a header.
    pub numerator: u32,
    /// The lower number, at least 1 in a header.
    pub denominator: u32,
}

impl Rational {
    /// `numerator / denominator`.
    pub const fn new(numerator: u32, denominator: u32) -> Self {
        Self {
            numerator,
            denominator,
        }
    }

    /// The nearest `f64`.
    pub fn to_f64(self) -> f64 {
        f64::from(self.numerator) / f64::from(self.denominator)
    }
}

impl fmt::Display for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}
