use crate::frame::{BitDepth, ColorDescription, Frame, FrameFormat, PixelFormat, Samples};

use super::ColorError;
use super::to_rgb::for_each_rgb_row;

/// An RGB frame from 8-bit pixels `RGBRGB…`, row by row, described as sRGB.
///
/// # Errors
/// [`ColorError::Length`] and [`ColorError::Frame`] for a size outside the limits.
pub fn from_interleaved_rgb8(
    width: usize,
    height: usize,
    pixels: &[u8],
) -> Result<Frame, ColorError> {
    let format = FrameFormat::new(width, height, PixelFormat::Rgb, BitDepth::Eight)?;
    let expected = 3 * format.pixels();
    if pixels.len() != expected {
        return Err(ColorError::Length {
            width,
            height,
            expected,
            actual: pixels.len(),
        });
    }
    let (pixels, _) = pixels.as_chunks::<3>();
    let planes =
        [0, 1, 2].map(|plane| Samples::U8(pixels.iter().map(|pixel| pixel[plane]).collect()));
    Ok(Frame::new(format, planes)?.with_color(ColorDescription::SRGB))
}

/// The picture as 8-bit pixels `RGBRGB…`, row by row; 10 bits are rounded to 8.
///
/// # Errors
/// [`ColorError::Matrix`].
pub fn to_interleaved_rgb8(frame: &Frame) -> Result<Vec<u8>, ColorError> {
    let mut pixels = vec![0; 3 * frame.format().pixels()];
    let width = frame.width();
    for_each_rgb_row(frame, |y, [red, green, blue]| {
        let (row, _) = pixels[3 * y * width..3 * (y + 1) * width].as_chunks_mut::<3>();
        for (((pixel, &red), &green), &blue) in row.iter_mut().zip(red).zip(green).zip(blue) {
            *pixel = [red, green, blue].map(|value| (value * 255.0 + 0.5) as u8);
        }
    })?;
    Ok(pixels)
}
