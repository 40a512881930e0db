use crate::frame::{ColorDescription, Frame, FrameFormat, PixelFormat, Samples};

use super::ColorError;
use super::matrix::YuvMatrix;
use super::resample::halve_row;
use super::to_rgb::to_rgb_f32;

/// A frame of `format` from RGB in 0 to 1, `[3, height, width]` row by row: what the networks
/// give. Values outside 0 to 1 are clipped, and NaN becomes 0.
///
/// 4:2:0 is made with the matrix and range of `color`; RGB frames take `color` as it is, and are
/// of full range whatever it says.
///
/// # Errors
/// [`ColorError::Length`] and [`ColorError::Matrix`].
pub fn from_rgb_f32(
    rgb: &[f32],
    format: FrameFormat,
    color: ColorDescription,
) -> Result<Frame, ColorError> {
    let pixels = format.pixels();
    if rgb.len() != 3 * pixels {
        return Err(ColorError::Length {
            width: format.width(),
            height: format.height(),
            expected: 3 * pixels,
            actual: rgb.len(),
        });
    }
    let (red, rest) = rgb.split_at(pixels);
    let (green, blue) = rest.split_at(pixels);
    let planes = match format.pixel_format() {
        PixelFormat::Rgb => [red, green, blue].map(|plane| {
            let mut samples = Samples::filled(format.bit_depth(), 0, pixels);
            let max = f32::from(format.bit_depth().max_sample());
            store_row(plane, 0.0, max, 0, &mut samples);
            samples
        }),
        PixelFormat::Yuv420 => yuv_planes([red, green, blue], format, color)?,
    };
    Ok(Frame::new(format, planes)?.with_color(color))
}

/// The picture as 4:2:0 of the same bit depth and presentation time, with the matrix and range of
/// `color`. A 4:2:0 frame that has these already is copied.
///
/// # Errors
/// [`ColorError::Matrix`].
pub fn to_yuv420(frame: &Frame, color: ColorDescription) -> Result<Frame, ColorError> {
    let format = frame.format().with_pixel_format(PixelFormat::Yuv420);
    let same = |a: ColorDescription| a.matrix == color.matrix && a.range == color.range;
    if frame.format() == format && same(frame.color()) {
        return Ok(frame.clone().with_color(color));
    }
    Ok(from_rgb_f32(&to_rgb_f32(frame)?, format, color)?.with_pts(frame.pts()))
}

fn yuv_planes(
    rgb: [&[f32]; 3],
    format: FrameFormat,
    color: ColorDescription,
) -> Result<[Samples; 3], ColorError> {
    let matrix = YuvMatrix::new(color, format.bit_depth(), format.height())?;
    let (width, height) = (format.width(), format.height());
    let chroma_size = format.plane_size(1);
    let mut planes = [0, 1, 2]
        .map(|plane| Samples::filled(format.bit_depth(), 0, format.plane_size(plane).samples()));
    let cb_scale = 1.0 / (2.0 * (1.0 - matrix.kb));
    let cr_scale = 1.0 / (2.0 * (1.0 - matrix.kr));
    let [mut luma, mut cb, mut cr] = [(); 3].map(|()| vec![0.0f32; width]);
    let mut narrow = vec![0.0f32; chroma_size.width];

    for chroma_y in 0..chroma_size.height {
        cb.fill(0.0);
        cr.fill(0.0);
        for y in [2 * chroma_y, 2 * chroma_y + 1] {
            // A missing last row repeats the one above it, in chroma alone.
            let source = y.min(height - 1);
            let [red, green, blue] = rgb.map(|plane| &plane[source * width..(source + 1) * width]);
            for (((((luma, cb), cr), &red), &green), &blue) in luma
                .iter_mut()
                .zip(&mut cb)
                .zip(&mut cr)
                .zip(red)
                .zip(green)
                .zip(blue)
            {
                let [red, green, blue] = [red, green, blue].map(|value| value.clamp(0.0, 1.0));
                *luma = matrix.kr * red + matrix.kg * green + matrix.kb * blue;
                *cb += 0.5 * cb_scale * (blue - *luma);
                *cr += 0.5 * cr_scale * (red - *luma);
            }
            if y < height {
                store_row(
                    &luma,
                    matrix.luma_offset,
                    matrix.luma_swing,
                    y * width,
                    &mut planes[0],
                );
            }
        }
        for (plane, row) in [(1, &cb), (2, &cr)] {
            halve_row(row, &mut narrow);
            let start = chroma_y * chroma_size.width;
            store_row(
                &narrow,
                matrix.chroma_offset,
                matrix.chroma_swing,
                start,
                &mut planes[plane],
            );
        }
    }
    Ok(planes)
}

/// `samples[start..] = round(offset + swing · row)`, clipped to the sample's range.
fn store_row(row: &[f32], offset: f32, swing: f32, start: usize, samples: &mut Samples) {
    let range = start..start + row.len();
    match samples {
        Samples::U8(samples) => {
            for (out, &value) in samples[range].iter_mut().zip(row) {
                *out = (offset + swing * value + 0.5) as u8;
            }
        }
        Samples::U16(samples) => {
            for (out, &value) in samples[range].iter_mut().zip(row) {
                *out = (offset + swing * value + 0.5).clamp(0.0, 1023.0) as u16;
            }
        }
    }
}
