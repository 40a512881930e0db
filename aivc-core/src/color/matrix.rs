use crate::frame::{BitDepth, ColorDescription, ColorRange, MatrixCoefficients};

use super::ColorError;

/// Lines from which an unspecified matrix is taken for BT.709 in place of BT.601.
pub const BT709_MIN_HEIGHT: usize = 720;

/// The linear map between code values and RGB in 0 to 1, with the range folded in.
///
/// `luma = (Y − luma_offset) · luma_scale`, chroma likewise; then
/// `R = luma + red_from_cr · Cr`, `G = luma + green_from_cb · Cb + green_from_cr · Cr`,
/// `B = luma + blue_from_cb · Cb`.
#[derive(Debug, Clone, Copy)]
pub(super) struct YuvMatrix {
    pub(super) kr: f32,
    pub(super) kg: f32,
    pub(super) kb: f32,
    /// Code value of black.
    pub(super) luma_offset: f32,
    /// Code values between black and white.
    pub(super) luma_swing: f32,
    /// Code value of no colour.
    pub(super) chroma_offset: f32,
    /// Code values between Cb = −0.5 and 0.5.
    pub(super) chroma_swing: f32,
}

impl YuvMatrix {
    /// The matrix of a 4:2:0 picture of `height` lines.
    pub(super) fn new(
        color: ColorDescription,
        bit_depth: BitDepth,
        height: usize,
    ) -> Result<Self, ColorError> {
        let (kr, kb) = luma_weights(color.matrix, height)?;
        let unit = f32::from(1u16 << (bit_depth.bits() - 8));
        let max = f32::from(bit_depth.max_sample());
        let (luma_offset, luma_swing, chroma_swing) = match color.range {
            ColorRange::Limited => (16.0 * unit, 219.0 * unit, 224.0 * unit),
            ColorRange::Full => (0.0, max, max),
        };
        Ok(Self {
            kr,
            kg: 1.0 - kr - kb,
            kb,
            luma_offset,
            luma_swing,
            chroma_offset: 128.0 * unit,
            chroma_swing,
        })
    }

    pub(super) fn red_from_cr(&self) -> f32 {
        2.0 * (1.0 - self.kr)
    }

    pub(super) fn green_from_cr(&self) -> f32 {
        -2.0 * self.kr * (1.0 - self.kr) / self.kg
    }

    pub(super) fn green_from_cb(&self) -> f32 {
        -2.0 * self.kb * (1.0 - self.kb) / self.kg
    }

    pub(super) fn blue_from_cb(&self) -> f32 {
        2.0 * (1.0 - self.kb)
    }
}

/// Kr and Kb (H.273, table 4).
fn luma_weights(matrix: MatrixCoefficients, height: usize) -> Result<(f32, f32), ColorError> {
    use MatrixCoefficients as M;
    match matrix {
        M::Unspecified if height >= BT709_MIN_HEIGHT => Ok((0.2126, 0.0722)),
        M::Unspecified | M::Bt470Bg | M::Smpte170M => Ok((0.299, 0.114)),
        M::Bt709 => Ok((0.2126, 0.0722)),
        M::Fcc => Ok((0.30, 0.11)),
        M::Smpte240M => Ok((0.212, 0.087)),
        M::Bt2020Ncl => Ok((0.2627, 0.0593)),
        _ => Err(ColorError::Matrix { matrix }),
    }
}
