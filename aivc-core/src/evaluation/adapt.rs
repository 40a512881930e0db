use super::EvaluationError;
use crate::color::{to_rgb, to_yuv420};
use crate::frame::{BitDepth, ColorRange, Frame, PixelFormat, Samples};

/// The frame in the pixel format, range and bit depth of `reference`, which has its size.
///
/// A matrix that only one of the two names is taken to be the same: containers lose it, and
/// converting for that would change samples that are right.
pub(super) fn to_format_of(reference: &Frame, frame: Frame) -> Result<Frame, EvaluationError> {
    let frame = match (
        reference.format().pixel_format(),
        frame.format().pixel_format(),
    ) {
        (PixelFormat::Yuv420, PixelFormat::Rgb) => to_yuv420(&frame, reference.color())?,
        (PixelFormat::Rgb, PixelFormat::Yuv420) => to_rgb(&frame)?,
        (PixelFormat::Yuv420, _) if reference.color().range != frame.color().range => {
            let color = crate::frame::ColorDescription {
                range: reference.color().range,
                ..frame.color()
            };
            to_yuv420(&frame, color)?
        }
        _ => frame,
    };
    to_depth(frame, reference.format().bit_depth())
}

fn to_depth(frame: Frame, depth: BitDepth) -> Result<Frame, EvaluationError> {
    let format = frame.format();
    if format.bit_depth() == depth {
        return Ok(frame);
    }
    let (color, pts) = (frame.color(), frame.pts());
    let full = format.pixel_format() == PixelFormat::Rgb || color.range == ColorRange::Full;
    let convert = |sample: u16| match (depth, full) {
        (BitDepth::Ten, false) => sample << 2,
        (BitDepth::Eight, false) => ((sample + 2) >> 2).min(255),
        (BitDepth::Ten, true) => ((u32::from(sample) * 1023 + 127) / 255) as u16,
        (BitDepth::Eight, true) => ((u32::from(sample) * 255 + 511) / 1023) as u16,
    };
    let planes = frame.into_samples().map(|samples| match samples {
        Samples::U8(samples) => Samples::U16(
            samples
                .into_iter()
                .map(|sample| convert(sample.into()))
                .collect(),
        ),
        Samples::U16(samples) => Samples::U8(
            samples
                .into_iter()
                .map(|sample| convert(sample) as u8)
                .collect(),
        ),
    });
    Ok(Frame::new(format.with_bit_depth(depth), planes)?
        .with_color(color)
        .with_pts(pts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{ColorDescription, FrameFormat};

    fn frame(pixel_format: PixelFormat, depth: BitDepth, samples: [u16; 3]) -> Frame {
        let format = FrameFormat::new(1, 1, pixel_format, depth).unwrap();
        Frame::new(
            format,
            samples.map(|value| Samples::filled(depth, value, 1)),
        )
        .unwrap()
        .with_color(ColorDescription::BT709)
    }

    #[test]
    fn depths_keep_black_white_and_grey() {
        use PixelFormat::{Rgb, Yuv420};
        for (pixels, eight, ten) in [
            (Yuv420, [16, 128, 240], [64, 512, 960]),
            (Rgb, [0, 255, 51], [0, 1023, 205]),
        ] {
            let (eight, ten) = (
                frame(pixels, BitDepth::Eight, eight),
                frame(pixels, BitDepth::Ten, ten),
            );
            assert_eq!(to_format_of(&ten, eight.clone()).unwrap(), ten);
            assert_eq!(to_format_of(&eight, ten.clone()).unwrap(), eight);
        }
    }

    #[test]
    fn the_highest_ten_bit_sample_does_not_overflow_eight() {
        let ten = frame(PixelFormat::Yuv420, BitDepth::Ten, [1023; 3]);
        let eight = frame(PixelFormat::Yuv420, BitDepth::Eight, [255; 3]);
        assert_eq!(to_format_of(&eight, ten).unwrap(), eight);
    }
}
