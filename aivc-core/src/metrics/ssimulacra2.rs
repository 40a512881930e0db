use ::ssimulacra2::{ColorPrimaries, Rgb, TransferCharacteristic, compute_frame_ssimulacra2};

use crate::color::to_rgb_f32;
use crate::frame::Frame;

use super::MetricError;
use super::error::check_formats;

/// The smallest side of a picture that has a SSIMULACRA 2, in pixels: halved four times, rounding
/// up, it still has the 8 that the last of the six scales is made of.
pub const SSIMULACRA2_MIN_SIDE: usize = 113;

/// SSIMULACRA 2: 100 for pictures that look the same, about 90 where hardly anyone sees a difference,
/// 70 for high, 50 for medium and 30 for low quality, below 0 for very bad pictures; `None` for a
/// picture smaller than [`SSIMULACRA2_MIN_SIDE`] on a side.
///
/// J. Sneyers, "SSIMULACRA 2 - Structural SIMilarity Unveiling Local And Compression Related
/// Artifacts", 2023, version 2.1, by the crate `ssimulacra2`. Frames are converted to RGB as for
/// display and taken as sRGB, whatever transfer and primaries they name. The original gives smaller
/// pictures a figure too, from fewer scales, for which its weights are not made.
///
/// # Errors
/// [`MetricError`].
pub fn ssimulacra2(reference: &Frame, distorted: &Frame) -> Result<Option<f64>, MetricError> {
    check_formats(reference, distorted)?;
    if reference.width().min(reference.height()) < SSIMULACRA2_MIN_SIDE {
        return Ok(None);
    }
    let score = compute_frame_ssimulacra2(srgb(reference)?, srgb(distorted)?);
    Ok(Some(
        score.expect("two sRGB pictures of one size, large enough"),
    ))
}

fn srgb(frame: &Frame) -> Result<Rgb, MetricError> {
    let (width, height) = (frame.width(), frame.height());
    let planes = to_rgb_f32(frame)?;
    let (red, rest) = planes.split_at(width * height);
    let (green, blue) = rest.split_at(width * height);
    let pixels = red.iter().zip(green).zip(blue);
    let pixels = pixels.map(|((&red, &green), &blue)| [red, green, blue]);
    let rgb = Rgb::new(
        pixels.collect(),
        width,
        height,
        TransferCharacteristic::SRGB,
        ColorPrimaries::BT709,
    );
    Ok(rgb.expect("as many pixels as the size says"))
}
