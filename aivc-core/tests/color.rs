//! Colour conversion against values of the standards and against a pixel-by-pixel twin.

use aivc_core::color::{
    ColorError, from_interleaved_rgb8, from_rgb_f32, to_interleaved_rgb8, to_rgb, to_rgb_f32,
    to_yuv420,
};
use aivc_core::frame::{
    BitDepth, ColorDescription, ColorRange, Frame, FrameFormat, MatrixCoefficients, PixelFormat,
    Samples,
};

const BT601_FULL: ColorDescription = ColorDescription {
    range: ColorRange::Full,
    ..ColorDescription::BT601
};
const BT2020: ColorDescription = ColorDescription {
    matrix: MatrixCoefficients::Bt2020Ncl,
    ..ColorDescription::UNSPECIFIED
};

fn yuv(width: usize, height: usize, bit_depth: BitDepth) -> FrameFormat {
    FrameFormat::new(width, height, PixelFormat::Yuv420, bit_depth).unwrap()
}

/// The Y, Cb, Cr of a picture of one colour.
fn code_values(rgb: [f32; 3], bit_depth: BitDepth, color: ColorDescription) -> [u16; 3] {
    let pixels: Vec<f32> = rgb.iter().flat_map(|&value| [value; 4]).collect();
    let frame = from_rgb_f32(&pixels, yuv(2, 2, bit_depth), color).unwrap();
    frame.planes().each_ref().map(|plane| plane.samples().at(0))
}

const BLACK: [f32; 3] = [0.0, 0.0, 0.0];
const WHITE: [f32; 3] = [1.0, 1.0, 1.0];
const RED: [f32; 3] = [1.0, 0.0, 0.0];
const GREEN: [f32; 3] = [0.0, 1.0, 0.0];
const BLUE: [f32; 3] = [0.0, 0.0, 1.0];

/// The 100 % colour bars of BT.601 and BT.709, the JFIF values, and BT.2020 (table 4 and 5).
#[test]
fn primaries_have_the_code_values_of_the_standards() {
    let eight = |rgb, color| code_values(rgb, BitDepth::Eight, color);
    assert_eq!(eight(BLACK, ColorDescription::BT601), [16, 128, 128]);
    assert_eq!(eight(WHITE, ColorDescription::BT601), [235, 128, 128]);
    assert_eq!(eight(RED, ColorDescription::BT601), [81, 90, 240]);
    assert_eq!(eight(GREEN, ColorDescription::BT601), [145, 54, 34]);
    assert_eq!(eight(BLUE, ColorDescription::BT601), [41, 240, 110]);

    assert_eq!(eight(WHITE, ColorDescription::BT709), [235, 128, 128]);
    assert_eq!(eight(RED, ColorDescription::BT709), [63, 102, 240]);
    assert_eq!(eight(GREEN, ColorDescription::BT709), [173, 42, 26]);
    assert_eq!(eight(BLUE, ColorDescription::BT709), [32, 240, 118]);

    assert_eq!(eight(WHITE, BT601_FULL), [255, 128, 128]);
    assert_eq!(eight(RED, BT601_FULL), [76, 85, 255]);
    assert_eq!(eight(GREEN, BT601_FULL), [150, 44, 21]);
    assert_eq!(eight(BLUE, BT601_FULL), [29, 255, 107]);

    assert_eq!(code_values(WHITE, BitDepth::Ten, BT2020), [940, 512, 512]);
    assert_eq!(code_values(RED, BitDepth::Ten, BT2020), [294, 387, 960]);
}

#[test]
fn an_unspecified_matrix_follows_the_height() {
    let red_luma = |height| {
        let format = yuv(1, height, BitDepth::Eight);
        let pixels = [vec![1.0; height], vec![0.0; 2 * height]].concat();
        let frame = from_rgb_f32(&pixels, format, ColorDescription::UNSPECIFIED).unwrap();
        frame.plane(0).samples().at(0)
    };
    assert_eq!((red_luma(719), red_luma(720)), (81, 63));
}

#[test]
fn a_matrix_without_constant_coefficients_is_refused() {
    let color = ColorDescription {
        matrix: MatrixCoefficients::Bt2020Cl,
        ..BT2020
    };
    let planes = [vec![16], vec![128], vec![128]].map(Samples::U8);
    let frame = Frame::new(yuv(1, 1, BitDepth::Eight), planes)
        .unwrap()
        .with_color(color);
    let refused = ColorError::Matrix {
        matrix: MatrixCoefficients::Bt2020Cl,
    };
    assert_eq!(to_rgb_f32(&frame), Err(refused.clone()));
    assert_eq!(from_rgb_f32(&[0.0; 3], frame.format(), color), Err(refused));
}

/// A picture of busy luma and chroma.
fn busy(format: FrameFormat) -> Frame {
    let mut seed = 1u32;
    let planes = [0, 1, 2].map(|plane| {
        let next = |_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) as u16 & format.bit_depth().max_sample()
        };
        let samples: Vec<u16> = (0..format.plane_size(plane).samples()).map(next).collect();
        match format.bit_depth() {
            BitDepth::Eight => Samples::U8(samples.iter().map(|&sample| sample as u8).collect()),
            BitDepth::Ten => Samples::U16(samples),
        }
    });
    Frame::new(format, planes).unwrap()
}

/// Limited-range BT.601 of one pixel in `f64`, with bilinear chroma straight from its definition:
/// chroma sample (k, j) lies at luma position (2k, 2j + 1/2).
fn naive_rgb(frame: &Frame, x: usize, y: usize) -> [f64; 3] {
    let unit = if frame.format().bit_depth() == BitDepth::Ten {
        4.0
    } else {
        1.0
    };
    let chroma = |plane: usize| {
        let plane = frame.plane(plane);
        let at = |column: isize, row: isize| {
            let column = column.clamp(0, plane.width() as isize - 1) as usize;
            let row = row.clamp(0, plane.height() as isize - 1) as usize;
            f64::from(plane.samples().at(row * plane.width() + column))
        };
        let (column, row) = (x as f64 / 2.0, (y as f64 - 0.5) / 2.0);
        let (left, above) = (column.floor(), row.floor());
        let (right_part, below_part) = (column - left, row - above);
        let (left, above) = (left as isize, above as isize);
        let line = |row| at(left, row) * (1.0 - right_part) + at(left + 1, row) * right_part;
        (line(above) * (1.0 - below_part) + line(above + 1) * below_part - 128.0 * unit)
            / (224.0 * unit)
    };
    let sample = f64::from(frame.plane(0).samples().at(y * frame.width() + x));
    let luma = (sample - 16.0 * unit) / (219.0 * unit);
    let (cb, cr) = (chroma(1), chroma(2));
    let red = luma + 1.402 * cr;
    let blue = luma + 1.772 * cb;
    [red, (luma - 0.299 * red - 0.114 * blue) / 0.587, blue]
}

#[test]
fn every_pixel_equals_the_naive_twin() {
    for (width, height) in [(1, 1), (2, 2), (1, 5), (5, 1), (17, 33), (16, 8)] {
        for bit_depth in [BitDepth::Eight, BitDepth::Ten] {
            let frame = busy(yuv(width, height, bit_depth));
            let rgb = to_rgb_f32(&frame).unwrap();
            for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                for (plane, expected) in naive_rgb(&frame, x, y).into_iter().enumerate() {
                    let actual = f64::from(rgb[(plane * height + y) * width + x]);
                    let expected = expected.clamp(0.0, 1.0);
                    // Single precision around 1.
                    assert!(
                        (actual - expected).abs() < 1e-6,
                        "{width}x{height} at ({x}, {y})"
                    );
                }
            }
        }
    }
}

/// Luma and chroma that change slowly and stay inside the RGB cube.
fn smooth(format: FrameFormat) -> Frame {
    let unit = usize::from(format.bit_depth().max_sample() / 255);
    let planes = [0, 1, 2].map(|plane| {
        let size = format.plane_size(plane);
        let sample = |x: usize, y: usize| match plane {
            0 => (90 + x / 2 + y / 2) * unit,
            1 => (110 + (x + y) / 2) * unit,
            _ => (145 - y / 2) * unit,
        };
        let samples =
            (0..size.height).flat_map(|y| (0..size.width).map(move |x| sample(x, y) as u16));
        match format.bit_depth() {
            BitDepth::Eight => Samples::U8(samples.map(|sample| sample as u8).collect()),
            BitDepth::Ten => Samples::U16(samples.collect()),
        }
    });
    Frame::new(format, planes).unwrap()
}

#[test]
fn smooth_pictures_survive_the_round_trip_within_one_level() {
    for (width, height) in [(1, 1), (17, 33), (64, 48)] {
        for bit_depth in [BitDepth::Eight, BitDepth::Ten] {
            for color in [ColorDescription::BT601, ColorDescription::BT709, BT601_FULL] {
                let frame = smooth(yuv(width, height, bit_depth)).with_color(color);
                let rgb = to_rgb_f32(&frame).unwrap();
                let back = from_rgb_f32(&rgb, frame.format(), color).unwrap();
                for (a, b) in frame.planes().iter().zip(back.planes()) {
                    let (a, b) = (a.samples(), b.samples());
                    for index in 0..a.len() {
                        assert!(a.at(index).abs_diff(b.at(index)) <= 1, "{width}x{height}");
                    }
                }
            }
        }
    }
}

#[test]
fn integer_rgb_is_the_rounded_float_rgb() {
    for bit_depth in [BitDepth::Eight, BitDepth::Ten] {
        let frame = busy(yuv(17, 9, bit_depth)).with_pts(5);
        let floats = to_rgb_f32(&frame).unwrap();
        let integers = to_rgb(&frame).unwrap();
        assert_eq!(integers.pts(), 5);
        let max = f32::from(bit_depth.max_sample());
        let samples = integers
            .planes()
            .iter()
            .flat_map(|plane| (0..plane.samples().len()).map(|index| plane.samples().at(index)));
        for (integer, float) in samples.zip(floats) {
            assert_eq!(f32::from(integer), (float * max + 0.5).floor());
        }
    }
}

#[test]
fn packed_pixels_round_trip() {
    let pixels: Vec<u8> = (0..3 * 5 * 3).map(|value| value * 5).collect();
    let frame = from_interleaved_rgb8(5, 3, &pixels).unwrap();
    assert_eq!(frame.plane(1).samples().at(1), 20);
    assert_eq!(to_interleaved_rgb8(&frame).unwrap(), pixels);
    assert!(matches!(
        from_interleaved_rgb8(5, 3, &pixels[1..]),
        Err(ColorError::Length {
            expected: 45,
            actual: 44,
            ..
        })
    ));
}

#[test]
fn values_outside_the_range_are_clipped_and_nan_is_black() {
    let format = FrameFormat::new(3, 1, PixelFormat::Rgb, BitDepth::Ten).unwrap();
    let row = [-1.0, f32::NAN, 7.0];
    let frame = from_rgb_f32(&[row, row, row].concat(), format, ColorDescription::SRGB).unwrap();
    assert_eq!(frame.plane(2).as_u16().unwrap(), [0, 0, 1023]);
}

#[test]
fn frames_that_are_4_2_0_already_stay_untouched() {
    let frame = busy(yuv(17, 9, BitDepth::Eight)).with_color(ColorDescription::BT709);
    assert_eq!(to_yuv420(&frame, ColorDescription::BT709).unwrap(), frame);
}
