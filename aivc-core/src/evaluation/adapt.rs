use super::EvaluationError;
use crate::color::{to_rgb, to_yuv420};
use crate::frame::{BitDepth, ColorDescription, ColorRange, Frame, PixelFormat, Samples};

/// The frame in the pixel format, range and bit depth of `reference`, which has its size.
///
/// A matrix that only one of the two names is taken to be the same: containers lose it, and
/// converting for that would change samples that are right.
pub(super) fn to_format_of(reference: &Frame, frame: Frame) -> Result<Frame, EvaluationError> {
    let (target, color) = (reference.format(), reference.color());
    let frame = match (target.pixel_format(), frame.format().pixel_format()) {
        (PixelFormat::Yuv420, PixelFormat::Rgb) => to_yuv420(&frame, color)?,
        (PixelFormat::Rgb, PixelFormat::Yuv420) => to_rgb(&frame)?,
        _ => frame,
    };
    let (format, actual) = (frame.format(), frame.color());
    let same_range = target.pixel_format() == PixelFormat::Rgb || actual.range == color.range;
    if format == target && same_range {
        return Ok(frame);
    }
    let pts = frame.pts();
    let mut plane = 0;
    let planes = frame.into_samples().map(|samples| {
        let kind = PlaneKind::of(target.pixel_format(), plane);
        plane += 1;
        let from = Scale::new(kind, actual.range, format.bit_depth());
        let to = Scale::new(kind, color.range, target.bit_depth());
        rescale(&samples, from, to, target.bit_depth())
    });
    let color = ColorDescription {
        range: color.range,
        ..actual
    };
    Ok(Frame::new(target, planes)?.with_color(color).with_pts(pts))
}

#[derive(Debug, Clone, Copy)]
enum PlaneKind {
    Luma,
    Chroma,
    Rgb,
}

impl PlaneKind {
    fn of(pixel_format: PixelFormat, plane: usize) -> Self {
        match (pixel_format, plane) {
            (PixelFormat::Rgb, _) => Self::Rgb,
            (PixelFormat::Yuv420, 0) => Self::Luma,
            (PixelFormat::Yuv420, _) => Self::Chroma,
        }
    }
}

/// The sample of 0 and how many samples there are to 1, by H.273 equations 23 to 28.
#[derive(Debug, Clone, Copy)]
struct Scale {
    zero: f64,
    swing: f64,
}

impl Scale {
    fn new(kind: PlaneKind, range: ColorRange, depth: BitDepth) -> Self {
        let max = f64::from(depth.max_sample());
        let unit = (max + 1.0) / 256.0;
        let (zero, swing) = match (kind, range) {
            (PlaneKind::Luma, ColorRange::Limited) => (16.0 * unit, 219.0 * unit),
            (PlaneKind::Chroma, ColorRange::Limited) => (128.0 * unit, 224.0 * unit),
            (PlaneKind::Chroma, ColorRange::Full) => (128.0 * unit, max),
            (PlaneKind::Luma, ColorRange::Full) | (PlaneKind::Rgb, _) => (0.0, max),
        };
        Self { zero, swing }
    }
}

fn rescale(samples: &Samples, from: Scale, to: Scale, depth: BitDepth) -> Samples {
    let max = f64::from(depth.max_sample());
    let convert = |sample: u16| {
        let value = (f64::from(sample) - from.zero) / from.swing;
        (value * to.swing + to.zero).round().clamp(0.0, max) as u16
    };
    let converted = (0..samples.len()).map(|index| convert(samples.at(index)));
    match depth {
        BitDepth::Eight => Samples::U8(converted.map(|sample| sample as u8).collect()),
        BitDepth::Ten => Samples::U16(converted.collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::FrameFormat;

    fn frame(pixels: PixelFormat, depth: BitDepth, range: ColorRange, samples: [u16; 3]) -> Frame {
        let format = FrameFormat::new(1, 1, pixels, depth).unwrap();
        let color = ColorDescription {
            range,
            ..ColorDescription::BT709
        };
        Frame::new(
            format,
            samples.map(|value| Samples::filled(depth, value, 1)),
        )
        .unwrap()
        .with_color(color)
    }

    #[test]
    fn depths_and_ranges_keep_black_white_and_grey() {
        use BitDepth::{Eight, Ten};
        use ColorRange::{Full, Limited};
        use PixelFormat::{Rgb, Yuv420};
        for equal in [
            [
                frame(Yuv420, Eight, Limited, [16, 128, 240]),
                frame(Yuv420, Ten, Limited, [64, 512, 960]),
            ],
            [
                frame(Yuv420, Eight, Limited, [235, 128, 128]),
                frame(Yuv420, Eight, Full, [255, 128, 128]),
            ],
            [
                frame(Yuv420, Eight, Limited, [16, 128, 128]),
                frame(Yuv420, Ten, Full, [0, 512, 512]),
            ],
            [
                frame(Rgb, Eight, Full, [0, 255, 51]),
                frame(Rgb, Ten, Full, [0, 1023, 205]),
            ],
        ] {
            let [a, b] = equal;
            assert_eq!(to_format_of(&a, b.clone()).unwrap(), a);
            assert_eq!(to_format_of(&b, a.clone()).unwrap(), b);
        }
    }

    #[test]
    fn the_highest_ten_bit_sample_does_not_overflow_eight() {
        let (pixels, range) = (PixelFormat::Yuv420, ColorRange::Limited);
        let ten = frame(pixels, BitDepth::Ten, range, [1023; 3]);
        let eight = frame(pixels, BitDepth::Eight, range, [255; 3]);
        assert_eq!(to_format_of(&eight, ten).unwrap(), eight);
    }
}
