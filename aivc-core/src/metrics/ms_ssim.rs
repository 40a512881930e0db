use crate::frame::Frame;

use super::MetricError;
use super::error::check_formats;
use super::luma::Luma;
use super::ssim::similarity;

/// The smallest side of a picture that has an MS-SSIM, in pixels: halved four times, rounding up,
/// it still holds a window of 11.
pub const MS_SSIM_MIN_SIDE: usize = 161;

/// Exponents of the scales, finest first (Wang 2003, section 3.2).
const WEIGHTS: [f64; 5] = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];

/// Multi-scale structural similarity of the lumas, 0 to 1; `None` for a picture smaller than
/// [`MS_SSIM_MIN_SIDE`] on a side, because values over fewer scales cannot be compared.
///
/// Z. Wang, E. P. Simoncelli, A. C. Bovik, "Multi-scale structural similarity for image quality
/// assessment", 2003, equation 7: contrast and structure at five scales, luminance at the coarsest
/// one; windows and constants as in [`ssim`](super::ssim()). Pictures are halved by means of 2x2
/// samples, and an odd last row or column is taken twice. A negative mean counts as 0, as in
/// pytorch-msssim, because it has no real power.
///
/// # Errors
/// [`MetricError::FormatMismatch`].
pub fn ms_ssim(reference: &Frame, distorted: &Frame) -> Result<Option<f64>, MetricError> {
    check_formats(reference, distorted)?;
    let peak = f32::from(reference.format().bit_depth().max_sample());
    Ok(ms_similarity(
        Luma::of(reference),
        Luma::of(distorted),
        peak,
    ))
}

fn ms_similarity(mut a: Luma, mut b: Luma, peak: f32) -> Option<f64> {
    if a.width.min(a.height) < MS_SSIM_MIN_SIDE {
        return None;
    }
    let mut product = 1.0;
    for (scale, weight) in WEIGHTS.into_iter().enumerate() {
        let mean = similarity(&a, &b, peak)?;
        let coarsest = scale + 1 == WEIGHTS.len();
        let factor = if coarsest {
            mean.ssim
        } else {
            mean.contrast_structure
        };
        product *= factor.max(0.0).powf(weight);
        if !coarsest {
            (a, b) = (a.halved(), b.halved());
        }
    }
    Some(product)
}
