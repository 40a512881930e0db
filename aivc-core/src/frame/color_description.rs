//! What the numbers of a picture mean as colours: the code points of ITU-T H.273 (2021), also
//! published as ISO/IEC 23091-2, which H.264, HEVC, VVC, AV1 and ffmpeg share.

use super::FrameError;

/// Declares an enum of H.273 code points with conversions from and to its `u8`.
macro_rules! code_points {
    (
        $(#[$meta:meta])*
        $name:ident, $field:literal {
            $($(#[$variant_meta:meta])* $variant:ident = $value:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum $name {
            $($(#[$variant_meta])* $variant = $value,)*
        }

        impl $name {
            /// The H.273 code point.
            #[must_use]
            pub fn code_point(self) -> u8 {
                self as u8
            }
        }

        impl TryFrom<u8> for $name {
            type Error = FrameError;

            /// # Errors
            /// [`FrameError::CodePoint`] where H.273 reserves the value.
            fn try_from(value: u8) -> Result<Self, FrameError> {
                match value {
                    $($value => Ok(Self::$variant),)*
                    _ => Err(FrameError::CodePoint { field: $field, value }),
                }
            }
        }
    };
}

code_points! {
    /// Chromaticities of the primaries and the white point (H.273, table 2).
    ColorPrimaries, "colour primaries" {
        /// BT.709, sRGB.
        Bt709 = 1,
        /// Unknown.
        #[default]
        Unspecified = 2,
        /// BT.470 System M.
        Bt470M = 4,
        /// BT.470 System B, G; BT.601 with 625 lines.
        Bt470Bg = 5,
        /// SMPTE ST 170; BT.601 with 525 lines.
        Smpte170M = 6,
        /// SMPTE ST 240.
        Smpte240M = 7,
        /// Generic film with illuminant C.
        Film = 8,
        /// BT.2020 and BT.2100.
        Bt2020 = 9,
        /// SMPTE ST 428-1 (CIE 1931 XYZ).
        Smpte428 = 10,
        /// SMPTE RP 431-2 (DCI P3).
        Smpte431 = 11,
        /// SMPTE EG 432-1 (Display P3).
        Smpte432 = 12,
        /// EBU Tech 3213-E.
        Ebu3213 = 22,
    }
}

code_points! {
    /// Opto-electronic transfer (H.273, table 3).
    TransferCharacteristics, "transfer characteristics" {
        /// BT.709.
        Bt709 = 1,
        /// Unknown.
        #[default]
        Unspecified = 2,
        /// Assumed display gamma 2.2 (BT.470 System M).
        Gamma22 = 4,
        /// Assumed display gamma 2.8 (BT.470 System B, G).
        Gamma28 = 5,
        /// SMPTE ST 170, BT.601.
        Smpte170M = 6,
        /// SMPTE ST 240.
        Smpte240M = 7,
        /// Linear.
        Linear = 8,
        /// Logarithmic, 100 : 1.
        Log100 = 9,
        /// Logarithmic, 100·√10 : 1.
        Log316 = 10,
        /// IEC 61966-2-4 (xvYCC).
        Iec61966_2_4 = 11,
        /// BT.1361 extended gamut.
        Bt1361 = 12,
        /// IEC 61966-2-1 (sRGB, sYCC).
        Srgb = 13,
        /// BT.2020, 10 bit.
        Bt2020Ten = 14,
        /// BT.2020, 12 bit.
        Bt2020Twelve = 15,
        /// SMPTE ST 2084 (PQ).
        Pq = 16,
        /// SMPTE ST 428-1.
        Smpte428 = 17,
        /// ARIB STD-B67 (HLG).
        Hlg = 18,
    }
}

code_points! {
    /// How luma and chroma are derived from red, green and blue (H.273, table 4).
    MatrixCoefficients, "matrix coefficients" {
        /// No matrix: the planes are red, green and blue.
        Identity = 0,
        /// BT.709: Kr = 0.2126, Kb = 0.0722.
        Bt709 = 1,
        /// Unknown.
        #[default]
        Unspecified = 2,
        /// United States FCC 73.682: Kr = 0.30, Kb = 0.11.
        Fcc = 4,
        /// BT.470 System B, G; BT.601 with 625 lines: Kr = 0.299, Kb = 0.114.
        Bt470Bg = 5,
        /// SMPTE ST 170; BT.601 with 525 lines: Kr = 0.299, Kb = 0.114.
        Smpte170M = 6,
        /// SMPTE ST 240: Kr = 0.212, Kb = 0.087.
        Smpte240M = 7,
        /// YCgCo.
        YCgCo = 8,
        /// BT.2020, non-constant luminance: Kr = 0.2627, Kb = 0.0593.
        Bt2020Ncl = 9,
        /// BT.2020, constant luminance.
        Bt2020Cl = 10,
        /// SMPTE ST 2085.
        Smpte2085 = 11,
        /// Derived from the primaries, non-constant luminance.
        ChromaticityNcl = 12,
        /// Derived from the primaries, constant luminance.
        ChromaticityCl = 13,
        /// BT.2100 ICtCp.
        ICtCp = 14,
    }
}

/// Which part of the code values a signal uses (H.273, `VideoFullRangeFlag`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ColorRange {
    /// Luma 16 to 235 and chroma 16 to 240, times 4 in 10 bit. What video is when nothing is said.
    #[default]
    Limited,
    /// All code values.
    Full,
}

/// Primaries, transfer, matrix and range of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ColorDescription {
    /// Primaries and white point.
    pub primaries: ColorPrimaries,
    /// Transfer characteristics.
    pub transfer: TransferCharacteristics,
    /// Luma-chroma matrix.
    pub matrix: MatrixCoefficients,
    /// Range of the code values.
    pub range: ColorRange,
}

impl ColorDescription {
    /// Nothing known; limited range, as players assume of video. The default.
    pub const UNSPECIFIED: Self = Self {
        primaries: ColorPrimaries::Unspecified,
        transfer: TransferCharacteristics::Unspecified,
        matrix: MatrixCoefficients::Unspecified,
        range: ColorRange::Limited,
    };

    /// sRGB pictures: BT.709 primaries, sRGB transfer, planes of red, green and blue, full range.
    pub const SRGB: Self = Self {
        primaries: ColorPrimaries::Bt709,
        transfer: TransferCharacteristics::Srgb,
        matrix: MatrixCoefficients::Identity,
        range: ColorRange::Full,
    };

    /// High-definition video: BT.709 throughout, limited range.
    pub const BT709: Self = Self {
        primaries: ColorPrimaries::Bt709,
        transfer: TransferCharacteristics::Bt709,
        matrix: MatrixCoefficients::Bt709,
        range: ColorRange::Limited,
    };

    /// Standard-definition video of 525 lines: BT.601 (SMPTE ST 170) throughout, limited range.
    pub const BT601: Self = Self {
        primaries: ColorPrimaries::Smpte170M,
        transfer: TransferCharacteristics::Smpte170M,
        matrix: MatrixCoefficients::Smpte170M,
        range: ColorRange::Limited,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_point_converts_back_to_itself() {
        for value in 0..=255 {
            if let Ok(point) = ColorPrimaries::try_from(value) {
                assert_eq!(point.code_point(), value);
            }
            if let Ok(point) = TransferCharacteristics::try_from(value) {
                assert_eq!(point.code_point(), value);
            }
            if let Ok(point) = MatrixCoefficients::try_from(value) {
                assert_eq!(point.code_point(), value);
            }
        }
    }

    #[test]
    fn reserved_code_points_are_refused_by_name() {
        assert_eq!(
            MatrixCoefficients::try_from(3),
            Err(FrameError::CodePoint {
                field: "matrix coefficients",
                value: 3
            })
        );
    }
}
