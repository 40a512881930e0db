//! Quality measures against independent implementations: `fixtures/metrics.py` computes every
//! expected value here.

use aivc_core::frame::{BitDepth, Frame, FrameFormat, PixelFormat, Samples};
use aivc_core::metrics::{
    BdRateError, RatePoint, SSIMULACRA2_MIN_SIDE, bd_psnr, bd_rate, ms_ssim, psnr, ssim,
    ssimulacra2,
};

/// Single precision over a few hundred thousand samples, against double.
const TOLERANCE: f64 = 1e-6;

/// Width, height, distortion and score.
const EXPECTED_SSIMULACRA2: [(usize, usize, i64, f64); 4] = [
    (176, 208, 3, 93.346),
    (176, 208, 30, 49.562),
    (163, 171, 3, 92.889),
    (163, 171, 30, 48.099),
];

/// The same integers as `picture` in `fixtures/metrics.py`, as the luma of a frame.
fn picture(width: usize, height: usize, distortion: i64) -> Frame {
    let format = FrameFormat::new(width, height, PixelFormat::Yuv420, BitDepth::Eight).unwrap();
    let sample = |x: i64, y: i64| {
        let waves = (x * x + 3 * y * y) / 97 % 128;
        let ramp = (2 * x + y) % 96;
        let noise = (x * 31 + y * 17 + x * y) % (2 * distortion + 1) - distortion;
        (16 + waves + ramp + noise).clamp(0, 255) as u8
    };
    let luma = (0..height as i64)
        .flat_map(|y| (0..width as i64).map(move |x| sample(x, y)))
        .collect();
    let chroma = Samples::filled(BitDepth::Eight, 128, format.plane_size(1).samples());
    Frame::new(format, [Samples::U8(luma), chroma.clone(), chroma]).unwrap()
}

fn pair(width: usize, height: usize) -> [Frame; 2] {
    [picture(width, height, 0), picture(width, height, 30)]
}

/// The eight-bit frame with every sample times four.
fn ten_bit(frame: &Frame) -> Frame {
    let planes = frame.planes().each_ref().map(|plane| {
        Samples::U16(
            plane
                .as_u8()
                .unwrap()
                .iter()
                .map(|&sample| 4 * u16::from(sample))
                .collect(),
        )
    });
    Frame::new(frame.format().with_bit_depth(BitDepth::Ten), planes).unwrap()
}

fn assert_near(actual: f64, expected: f64, tolerance: f64) {
    assert!(
        (actual - expected).abs() <= tolerance,
        "{actual} is not {expected}"
    );
}

#[test]
fn psnr_equals_numpy() {
    let [a, b] = pair(176, 208);
    assert_near(psnr(&a, &b).unwrap().planes[0], 23.273300522899, 1e-11);
}

#[test]
fn ssim_equals_scikit_image() {
    let [a, b] = pair(176, 208);
    assert_near(
        ssim(&a, &b).unwrap().unwrap(),
        0.6753386390463417,
        TOLERANCE,
    );
    let [a, b] = pair(163, 171);
    assert_near(
        ssim(&a, &b).unwrap().unwrap(),
        0.6352780690399493,
        TOLERANCE,
    );
}

#[test]
fn ms_ssim_equals_pytorch_msssim_where_all_scales_are_even() {
    let [a, b] = pair(176, 208);
    assert_near(
        ms_ssim(&a, &b).unwrap().unwrap(),
        0.9648037378981215,
        TOLERANCE,
    );
}

#[test]
fn ms_ssim_of_odd_sizes_has_symmetric_borders() {
    let [a, b] = pair(163, 171);
    assert_near(
        ms_ssim(&a, &b).unwrap().unwrap(),
        0.960222108309135,
        TOLERANCE,
    );
}

/// The picture in red, mirrored in green and turned upside down in blue, as in
/// `fixtures/ssimulacra2.py`.
fn rgb_picture(width: usize, height: usize, distortion: i64) -> Frame {
    let luma = picture(width, height, distortion);
    let red = luma.planes()[0].as_u8().unwrap().to_vec();
    let rows = || red.chunks_exact(width);
    let green = rows().flat_map(|row| row.iter().rev().copied()).collect();
    let blue = rows().rev().flatten().copied().collect();
    let format = FrameFormat::new(width, height, PixelFormat::Rgb, BitDepth::Eight).unwrap();
    Frame::new(format, [red.clone(), green, blue].map(Samples::U8)).unwrap()
}

/// A recursive filter stands for the Gaussian of the expected values, which is worth a tenth of
/// a point.
#[test]
fn ssimulacra2_equals_its_description_in_numpy() {
    for (width, height, distortion, expected) in EXPECTED_SSIMULACRA2 {
        let (a, b) = (
            rgb_picture(width, height, 0),
            rgb_picture(width, height, distortion),
        );
        let score = ssimulacra2(&a, &b).unwrap().unwrap();
        assert_near(score, expected, 0.2);
    }
}

/// Multiplying samples, peak and constants by 4 changes nothing; only 4·255 is not 1023.
#[test]
fn ten_bits_are_measured_against_their_own_peak() {
    let [a, b] = pair(176, 208);
    let [wide_a, wide_b] = [ten_bit(&a), ten_bit(&b)];
    let difference = 20.0 * (1023.0f64 / 1020.0).log10();
    let (eight, ten) = (psnr(&a, &b).unwrap(), psnr(&wide_a, &wide_b).unwrap());
    assert_near(ten.planes[0], eight.planes[0] + difference, 1e-11);
    let (eight, ten) = (
        ssim(&a, &b).unwrap().unwrap(),
        ssim(&wide_a, &wide_b).unwrap().unwrap(),
    );
    // The constants follow the peak, which is 0.3 % above 4·255.
    assert_near(ten, eight, 5e-4);
}

#[test]
fn equal_pictures_score_one() {
    let frame = picture(176, 208, 9);
    assert_near(ssim(&frame, &frame).unwrap().unwrap(), 1.0, TOLERANCE);
    assert_near(ms_ssim(&frame, &frame).unwrap().unwrap(), 1.0, TOLERANCE);
    assert_eq!(ssimulacra2(&frame, &frame).unwrap(), Some(100.0));
}

#[test]
fn pictures_smaller_than_the_windows_have_no_score() {
    let score = |width, height| {
        let [a, b] = pair(width, height);
        (
            ssim(&a, &b).unwrap().is_some(),
            ms_ssim(&a, &b).unwrap().is_some(),
        )
    };
    assert_eq!(score(10, 300), (false, false));
    assert_eq!(score(11, 11), (true, false));
    assert_eq!(score(300, 160), (true, false));
    assert_eq!(score(161, 161), (true, true));
    for (side, has_score) in [
        (SSIMULACRA2_MIN_SIDE - 1, false),
        (SSIMULACRA2_MIN_SIDE, true),
    ] {
        let [a, b] = pair(300, side);
        assert_eq!(ssimulacra2(&a, &b).unwrap().is_some(), has_score);
    }
}

/// The luma of equal red, green and blue planes is that plane.
#[test]
fn grey_rgb_is_measured_as_its_luma() {
    let [a, b] = pair(176, 208);
    let rgb = |frame: &Frame| {
        let luma = frame.plane(0).samples().clone();
        let format = frame.format().with_pixel_format(PixelFormat::Rgb);
        Frame::new(format, [luma.clone(), luma.clone(), luma]).unwrap()
    };
    let score = ssim(&rgb(&a), &rgb(&b)).unwrap().unwrap();
    assert_near(score, 0.6753386390463417, TOLERANCE);
    assert_near(
        psnr(&rgb(&a), &rgb(&b)).unwrap().pooled,
        23.273300522899,
        1e-11,
    );
}

type Points = &'static [[f64; 2]];

const FOUR_POINTS: [Points; 2] = [
    &[[0.10, 30.1], [0.21, 33.4], [0.47, 36.2], [1.02, 40.5]],
    &[[0.08, 29.5], [0.19, 33.9], [0.40, 36.4], [0.95, 41.2]],
];
const UNEVEN: [Points; 2] = [
    &[
        [0.05, 28.0],
        [0.06, 31.0],
        [0.50, 31.5],
        [0.90, 38.0],
        [1.0, 38.1],
    ],
    &[[0.07, 30.0], [0.30, 35.0], [2.00, 43.0]],
];
const TWO_POINTS: [Points; 2] = [&[[1.0, 30.0], [4.0, 36.0]], &[[1.5, 31.0], [3.0, 37.0]]];

fn curve(points: Points) -> Vec<RatePoint> {
    points
        .iter()
        .map(|&[rate, quality]| RatePoint { rate, quality })
        .collect()
}

#[test]
fn bjontegaard_differences_equal_scipy() {
    for ([anchor, test], rate, quality) in [
        (FOUR_POINTS, -17.96885796346116, 0.89846587278679),
        (UNEVEN, -50.80367096462351, 2.360167053197966),
        (TWO_POINTS, -10.809466374795898, 0.7451124978365256),
    ] {
        let (anchor, test) = (curve(anchor), curve(test));
        assert_near(bd_rate(&anchor, &test).unwrap(), rate, 1e-9);
        assert_near(bd_psnr(&anchor, &test).unwrap(), quality, 1e-11);
    }
}

#[test]
fn the_order_of_points_does_not_matter() {
    let (anchor, mut test) = (curve(FOUR_POINTS[0]), curve(FOUR_POINTS[1]));
    let expected = bd_rate(&anchor, &test);
    test.reverse();
    assert_eq!(bd_rate(&anchor, &test), expected);
}

#[test]
fn curves_that_cannot_be_compared_are_errors() {
    let anchor = curve(FOUR_POINTS[0]);
    let error = |points: Points| bd_rate(&anchor, &curve(points)).unwrap_err();
    assert_eq!(
        error(&[[1.0, 30.0]]),
        BdRateError::TooFewPoints { points: 1 }
    );
    assert!(matches!(
        error(&[[0.0, 30.0], [1.0, 33.0]]),
        BdRateError::Point { .. }
    ));
    assert!(matches!(
        error(&[[0.5, f64::NAN], [1.0, 33.0]]),
        BdRateError::Point { .. }
    ));
    assert!(matches!(
        error(&[[0.5, 33.0], [1.0, 32.0]]),
        BdRateError::NotMonotonic { .. }
    ));
    assert!(matches!(
        error(&[[0.5, 32.0], [0.5, 33.0]]),
        BdRateError::NotMonotonic { .. }
    ));
    assert_eq!(
        error(&[[0.5, 41.0], [1.0, 45.0]]),
        BdRateError::NoOverlap {
            end: 40.5,
            begin: 41.0
        }
    );
}
