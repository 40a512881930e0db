use super::BitDepth;

/// Size of one plane, in samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlaneSize {
    /// Samples in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl PlaneSize {
    /// Samples of the plane, `width · height`.
    #[must_use]
    pub fn samples(self) -> usize {
        self.width * self.height
    }
}

/// The samples of one plane, row by row without padding.
///
/// Eight-bit samples stay bytes: a 4K frame then takes 12 MB, is read from and written to files
/// without a conversion, and reaches NumPy as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Samples {
    /// Samples of an 8-bit plane.
    U8(Vec<u8>),
    /// Samples of a 10-bit plane, 0 to 1023.
    U16(Vec<u16>),
}

impl Samples {
    /// `count` samples of the value `value`, stored as `bit_depth` asks.
    ///
    /// # Panics
    /// If `value` is above the depth's maximum.
    #[must_use]
    pub fn filled(bit_depth: BitDepth, value: u16, count: usize) -> Self {
        assert!(
            value <= bit_depth.max_sample(),
            "{value} does not fit in {bit_depth} bits"
        );
        match bit_depth {
            BitDepth::Eight => Self::U8(vec![value as u8; count]),
            BitDepth::Ten => Self::U16(vec![value; count]),
        }
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::U8(samples) => samples.len(),
            Self::U16(samples) => samples.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sample at `index`, widened.
    ///
    /// # Panics
    /// If `index` is out of range.
    #[must_use]
    pub fn at(&self, index: usize) -> u16 {
        match self {
            Self::U8(samples) => samples[index].into(),
            Self::U16(samples) => samples[index],
        }
    }

    /// The largest sample, 0 if there are none.
    pub(super) fn max(&self) -> u16 {
        match self {
            Self::U8(samples) => samples.iter().copied().max().unwrap_or(0).into(),
            Self::U16(samples) => samples.iter().copied().max().unwrap_or(0),
        }
    }
}

/// One plane of a [`Frame`](super::Frame).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plane {
    pub(super) size: PlaneSize,
    pub(super) samples: Samples,
}

impl Plane {
    /// Width and height in samples.
    #[must_use]
    pub fn size(&self) -> PlaneSize {
        self.size
    }

    /// Samples in a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.size.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.size.height
    }

    /// The samples, row by row.
    #[must_use]
    pub fn samples(&self) -> &Samples {
        &self.samples
    }

    /// The samples of an 8-bit plane.
    #[must_use]
    pub fn as_u8(&self) -> Option<&[u8]> {
        match &self.samples {
            Samples::U8(samples) => Some(samples),
            Samples::U16(_) => None,
        }
    }

    /// The samples of a 10-bit plane.
    #[must_use]
    pub fn as_u16(&self) -> Option<&[u16]> {
        match &self.samples {
            Samples::U8(_) => None,
            Samples::U16(samples) => Some(samples),
        }
    }
}
