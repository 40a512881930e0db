use crate::frame::{BitDepth, ColorDescription, ColorRange, Frame, PixelFormat, Plane, Samples};

use super::ColorError;
use super::matrix::YuvMatrix;
use super::resample::upsample_row;

/// The picture as RGB in 0 to 1, `[3, height, width]` row by row: what the networks take.
///
/// # Errors
/// [`ColorError::Matrix`].
pub fn to_rgb_f32(frame: &Frame) -> Result<Vec<f32>, ColorError> {
    let pixels = frame.format().pixels();
    let mut rgb = vec![0.0; 3 * pixels];
    let width = frame.width();
    for_each_rgb_row(frame, |y, rows| {
        for (plane, row) in rgb.chunks_exact_mut(pixels).zip(rows) {
            for (out, &value) in plane[y * width..(y + 1) * width].iter_mut().zip(row) {
                *out = value.clamp(0.0, 1.0);
            }
        }
    })?;
    Ok(rgb)
}

/// The picture as planar RGB of the same bit depth and presentation time, in full range. An RGB
/// frame is copied.
///
/// # Errors
/// [`ColorError::Matrix`].
pub fn to_rgb(frame: &Frame) -> Result<Frame, ColorError> {
    if frame.format().pixel_format() == PixelFormat::Rgb {
        return Ok(frame.clone());
    }
    let format = frame.format().with_pixel_format(PixelFormat::Rgb);
    let width = frame.width();
    let mut planes = [(); 3].map(|()| Samples::filled(format.bit_depth(), 0, format.pixels()));
    for_each_rgb_row(frame, |y, rows| {
        for (plane, row) in planes.iter_mut().zip(rows) {
            let range = y * width..(y + 1) * width;
            match plane {
                Samples::U8(samples) => {
                    for (out, &value) in samples[range].iter_mut().zip(row) {
                        *out = (value * 255.0 + 0.5) as u8;
                    }
                }
                Samples::U16(samples) => {
                    for (out, &value) in samples[range].iter_mut().zip(row) {
                        *out = (value.min(1.0) * 1023.0 + 0.5) as u16;
                    }
                }
            }
        }
    })?;
    let color = ColorDescription {
        matrix: ColorDescription::SRGB.matrix,
        range: ColorRange::Full,
        ..frame.color()
    };
    Ok(Frame::new(format, planes)?
        .with_color(color)
        .with_pts(frame.pts()))
}

/// Calls `take` with every row's number and its red, green and blue, not yet clipped.
pub(super) fn for_each_rgb_row(
    frame: &Frame,
    mut take: impl FnMut(usize, [&[f32]; 3]),
) -> Result<(), ColorError> {
    match frame.format().pixel_format() {
        PixelFormat::Rgb => {
            rgb_rows(frame, take);
            Ok(())
        }
        PixelFormat::Yuv420 => yuv_rows(frame, &mut take),
    }
}

fn rgb_rows(frame: &Frame, mut take: impl FnMut(usize, [&[f32]; 3])) {
    let max = f32::from(frame.format().bit_depth().max_sample());
    let width = frame.width();
    let mut rows = [vec![0.0; width], vec![0.0; width], vec![0.0; width]];
    for y in 0..frame.height() {
        for (plane, row) in frame.planes().iter().zip(&mut rows) {
            scale_row(plane, y, 0.0, max, row);
        }
        let [red, green, blue] = &rows;
        take(y, [red, green, blue]);
    }
}

fn yuv_rows(frame: &Frame, take: &mut impl FnMut(usize, [&[f32]; 3])) -> Result<(), ColorError> {
    let bit_depth: BitDepth = frame.format().bit_depth();
    let matrix = YuvMatrix::new(frame.color(), bit_depth, frame.height())?;
    let width = frame.width();
    let [luma_plane, cb_plane, cr_plane] = frame.planes();
    let chroma_height = cb_plane.height();
    let mut blend = vec![0.0; cb_plane.width()];
    let [mut luma, mut cb, mut cr] = [(); 3].map(|()| vec![0.0; width]);
    let mut green = vec![0.0; width];
    let chroma_scale = 1.0 / matrix.chroma_swing;
    let offset = matrix.chroma_offset;
    let red_from_cr = matrix.red_from_cr() * chroma_scale;
    let green_from_cb = matrix.green_from_cb() * chroma_scale;
    let green_from_cr = matrix.green_from_cr() * chroma_scale;
    let blue_from_cb = matrix.blue_from_cb() * chroma_scale;

    for y in 0..frame.height() {
        let near = y / 2;
        let far = if y % 2 == 0 {
            near.saturating_sub(1)
        } else {
            (near + 1).min(chroma_height - 1)
        };
        scale_row(
            luma_plane,
            y,
            matrix.luma_offset,
            matrix.luma_swing,
            &mut luma,
        );
        upsample_row(cb_plane.samples(), near, far, &mut blend, &mut cb);
        upsample_row(cr_plane.samples(), near, far, &mut blend, &mut cr);
        // Red and blue are left in the rows of Cr and Cb.
        for (((&luma, cb), cr), green) in luma.iter().zip(&mut cb).zip(&mut cr).zip(&mut green) {
            let (b, r) = (*cb - offset, *cr - offset);
            *green = luma + green_from_cb * b + green_from_cr * r;
            *cr = luma + red_from_cr * r;
            *cb = luma + blue_from_cb * b;
        }
        take(y, [&cr, &green, &cb]);
    }
    Ok(())
}

/// `row = (plane row y − offset) / swing`.
fn scale_row(plane: &Plane, y: usize, offset: f32, swing: f32, row: &mut [f32]) {
    let range = y * plane.width()..(y + 1) * plane.width();
    match plane.samples() {
        Samples::U8(samples) => scale(&samples[range], offset, swing, row),
        Samples::U16(samples) => scale(&samples[range], offset, swing, row),
    }
}

fn scale<T: Copy + Into<f32>>(samples: &[T], offset: f32, swing: f32, row: &mut [f32]) {
    for (out, &sample) in row.iter_mut().zip(samples) {
        *out = (sample.into() - offset) / swing;
    }
}
