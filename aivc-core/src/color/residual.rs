use crate::frame::{Frame, PixelFormat, Samples};

use super::ColorError;
use super::matrix::YuvMatrix;
use super::resample::halve_row;

/// The frame with a change of its RGB values, in units of 0 to 1, `[3, height, width]` row by row,
/// added to its own samples. Where nothing changes they stay as they are, which going to RGB and
/// back would not see to: 4:2:0 chroma becomes softer on that way.
///
/// # Errors
/// [`ColorError::Length`] and [`ColorError::Matrix`].
pub fn add_rgb_residual(frame: &Frame, residual: &[f32]) -> Result<Frame, ColorError> {
    let format = frame.format();
    let (width, height) = (format.width(), format.height());
    let pixels = format.pixels();
    if residual.len() != 3 * pixels {
        return Err(ColorError::Length {
            width,
            height,
            expected: 3 * pixels,
            actual: residual.len(),
        });
    }
    let max = f32::from(format.bit_depth().max_sample());
    let (red, rest) = residual.split_at(pixels);
    let (green, blue) = rest.split_at(pixels);
    let planes = frame.planes();
    let samples = match format.pixel_format() {
        PixelFormat::Rgb => [
            added(planes[0].samples(), red, max, max),
            added(planes[1].samples(), green, max, max),
            added(planes[2].samples(), blue, max, max),
        ],
        PixelFormat::Yuv420 => {
            let matrix = YuvMatrix::new(frame.color(), format.bit_depth(), height)?;
            let weights = [matrix.kr, matrix.kg, matrix.kb];
            let rgb = red.iter().zip(green).zip(blue);
            let luma: Vec<f32> = rgb
                .map(|((r, g), b)| weights[0] * r + weights[1] * g + weights[2] * b)
                .collect();
            let chroma = |primary: &[f32], weight: f32| {
                let scale = 1.0 / (2.0 * (1.0 - weight));
                let differences = primary.iter().zip(&luma).map(|(p, l)| scale * (p - l));
                halved(&differences.collect::<Vec<_>>(), width, height)
            };
            let (cb, cr) = (chroma(blue, matrix.kb), chroma(red, matrix.kr));
            [
                added(planes[0].samples(), &luma, matrix.luma_swing, max),
                added(planes[1].samples(), &cb, matrix.chroma_swing, max),
                added(planes[2].samples(), &cr, matrix.chroma_swing, max),
            ]
        }
    };
    Ok(Frame::new(format, samples)?
        .with_color(frame.color())
        .with_pts(frame.pts()))
}

/// A plane at the places of chroma, as conversions from RGB have it.
fn halved(plane: &[f32], width: usize, height: usize) -> Vec<f32> {
    let (narrow, low) = (width.div_ceil(2), height.div_ceil(2));
    let mut halved = vec![0.0; narrow * low];
    let row = |y: usize| &plane[y * width..(y + 1) * width];
    for (y, out) in halved.chunks_exact_mut(narrow).enumerate() {
        let (upper, lower) = (row(2 * y), row((2 * y + 1).min(height - 1)));
        let mean: Vec<f32> = upper
            .iter()
            .zip(lower)
            .map(|(a, b)| 0.5 * (a + b))
            .collect();
        halve_row(&mean, out);
    }
    halved
}

/// `round(samples + swing·change)`, clipped to the sample's range.
fn added(samples: &Samples, change: &[f32], swing: f32, max: f32) -> Samples {
    let sum = |sample: f32, change: &f32| (sample + swing * change + 0.5).clamp(0.0, max);
    match samples {
        Samples::U8(samples) => {
            let pairs = samples.iter().zip(change);
            Samples::U8(pairs.map(|(&s, c)| sum(s.into(), c) as u8).collect())
        }
        Samples::U16(samples) => {
            let pairs = samples.iter().zip(change);
            Samples::U16(pairs.map(|(&s, c)| sum(s.into(), c) as u16).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::color::from_rgb_f32;
    use crate::frame::{BitDepth, ColorDescription, FrameFormat};

    fn format(pixel_format: PixelFormat, depth: BitDepth) -> FrameFormat {
        FrameFormat::new(5, 3, pixel_format, depth).unwrap()
    }

    fn values(shift: f32) -> Vec<f32> {
        (0..45)
            .map(|i| shift + (i * 37 % 45) as f32 / 100.0)
            .collect()
    }

    #[test]
    fn no_change_leaves_every_sample() {
        for pixel_format in [PixelFormat::Rgb, PixelFormat::Yuv420] {
            for depth in [BitDepth::Eight, BitDepth::Ten] {
                let format = format(pixel_format, depth);
                let frame = from_rgb_f32(&values(0.2), format, ColorDescription::BT709).unwrap();
                assert_eq!(add_rgb_residual(&frame, &[0.0; 45]).unwrap(), frame);
            }
        }
    }

    /// The way to samples is linear but for rounding: the frame of a sum is the sum.
    #[test]
    fn a_change_is_that_of_the_converted_pictures() {
        for pixel_format in [PixelFormat::Rgb, PixelFormat::Yuv420] {
            let format = format(pixel_format, BitDepth::Ten);
            let picture = values(0.2);
            let change: Vec<f32> = (0..45).map(|i| (i % 7) as f32 / 50.0 - 0.06).collect();
            let sum: Vec<f32> = picture.iter().zip(&change).map(|(p, c)| p + c).collect();
            let frame = |rgb: &[f32]| from_rgb_f32(rgb, format, ColorDescription::BT601).unwrap();
            let (changed, expected) = (
                add_rgb_residual(&frame(&picture), &change).unwrap(),
                frame(&sum),
            );
            for (a, b) in changed.planes().iter().zip(expected.planes()) {
                for index in 0..a.samples().len() {
                    let (a, b) = (a.samples().at(index), b.samples().at(index));
                    // Each is rounded once more than the sum.
                    assert!(a.abs_diff(b) <= 1, "{pixel_format:?}: {a} {b}");
                }
            }
        }
    }

    #[test]
    fn samples_are_clipped() {
        let format = format(PixelFormat::Rgb, BitDepth::Eight);
        let frame = from_rgb_f32(&values(0.2), format, ColorDescription::SRGB).unwrap();
        for (change, expected) in [(2.0, 255), (-2.0, 0)] {
            let changed = add_rgb_residual(&frame, &[change; 45]).unwrap();
            assert!(
                changed
                    .plane(1)
                    .as_u8()
                    .unwrap()
                    .iter()
                    .all(|&s| s == expected)
            );
        }
    }
}
