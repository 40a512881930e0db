use serde::Serialize;

use crate::frame::{Frame, PixelFormat, Plane, Samples};

use super::MetricError;
use super::error::check_formats;

/// The PSNR of a plane without an error, and the most that any plane gets, in dB. A finite value
/// keeps the mean over a clip meaningful when some of its frames are exact.
pub const PSNR_CAP_DB: f64 = 100.0;

/// Peak signal-to-noise ratios of a frame, or their means over a clip, in dB, at most
/// [`PSNR_CAP_DB`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Psnr {
    /// Of each plane: Y, Cb, Cr or R, G, B.
    pub planes: [f64; 3],
    /// Weighted mean of the planes' decibels: `(6·Y + Cb + Cr) / 8`, known as PSNR-avg 6:1:1, or
    /// `(R + G + B) / 3`.
    pub average: f64,
    /// PSNR of the weighted mean of the planes' squared errors, with the same weights. For RGB this
    /// is what is meant by the PSNR of a picture.
    pub pooled: f64,
}

/// PSNR of `distorted` against `reference`: `10·log10(peak² / MSE)` with a peak of 255 in 8 bit
/// and 1023 in 10 bit. Squared errors are summed in integers.
///
/// # Errors
/// [`MetricError::FormatMismatch`].
pub fn psnr(reference: &Frame, distorted: &Frame) -> Result<Psnr, MetricError> {
    check_formats(reference, distorted)?;
    let format = reference.format();
    let peak = f64::from(format.bit_depth().max_sample());
    let mse = [0, 1, 2].map(|plane| {
        let samples = format.plane_size(plane).samples();
        sum_of_squared_errors(reference.plane(plane), distorted.plane(plane)) as f64
            / samples as f64
    });
    let planes = mse.map(|mse| decibels(mse, peak));
    let pixel_format = format.pixel_format();
    Ok(Psnr {
        planes,
        average: weighted(planes, pixel_format),
        pooled: decibels(weighted(mse, pixel_format), peak),
    })
}

fn weighted([first, second, third]: [f64; 3], pixel_format: PixelFormat) -> f64 {
    match pixel_format {
        PixelFormat::Yuv420 => (6.0 * first + second + third) / 8.0,
        PixelFormat::Rgb => (first + second + third) / 3.0,
    }
}

fn decibels(mse: f64, peak: f64) -> f64 {
    (10.0 * (peak * peak / mse).log10()).min(PSNR_CAP_DB)
}

/// The planes come from frames of one format.
fn sum_of_squared_errors(reference: &Plane, distorted: &Plane) -> u64 {
    match (reference.samples(), distorted.samples()) {
        (Samples::U8(a), Samples::U8(b)) => squared_errors(a, b),
        (Samples::U16(a), Samples::U16(b)) => squared_errors(a, b),
        _ => unreachable!("the formats are equal"),
    }
}

fn squared_errors<T: Copy + Into<i32>>(a: &[T], b: &[T]) -> u64 {
    // 1024 squared differences of 10 bits stay below 2^31.
    const PART: usize = 1024;
    a.chunks(PART)
        .zip(b.chunks(PART))
        .map(|(a, b)| {
            let part: i32 = a
                .iter()
                .zip(b)
                .map(|(&a, &b)| {
                    let difference = a.into() - b.into();
                    difference * difference
                })
                .sum();
            part as u64
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{BitDepth, FrameFormat};

    fn flat(bit_depth: BitDepth, values: [u16; 3]) -> Frame {
        let format = FrameFormat::new(40, 30, PixelFormat::Yuv420, bit_depth).unwrap();
        let mut plane = 0;
        let planes = values.map(|value| {
            let samples = format.plane_size(plane).samples();
            plane += 1;
            Samples::filled(bit_depth, value, samples)
        });
        Frame::new(format, planes).unwrap()
    }

    #[test]
    fn flat_differences_give_the_formula() {
        let reference = flat(BitDepth::Eight, [100, 100, 100]);
        let distorted = flat(BitDepth::Eight, [101, 98, 104]);
        let psnr = psnr(&reference, &distorted).unwrap();
        let db = |mse: f64| 10.0 * (255.0f64 * 255.0 / mse).log10();
        let expected = [db(1.0), db(4.0), db(16.0)];
        assert!(
            psnr.planes
                .iter()
                .zip(expected)
                .all(|(a, b)| (a - b).abs() < 1e-12)
        );
        assert!((psnr.average - (6.0 * db(1.0) + db(4.0) + db(16.0)) / 8.0).abs() < 1e-12);
        assert!((psnr.pooled - db((6.0 + 4.0 + 16.0) / 8.0)).abs() < 1e-12);
    }

    #[test]
    fn the_largest_ten_bit_error_does_not_overflow() {
        let reference = flat(BitDepth::Ten, [0; 3]);
        let distorted = flat(BitDepth::Ten, [1023; 3]);
        assert_eq!(psnr(&reference, &distorted).unwrap().planes, [0.0; 3]);
    }

    #[test]
    fn exact_frames_get_the_cap() {
        let frame = flat(BitDepth::Eight, [1, 2, 3]);
        let psnr = psnr(&frame, &frame).unwrap();
        assert_eq!(psnr.planes, [PSNR_CAP_DB; 3]);
        assert_eq!(psnr.pooled, PSNR_CAP_DB);
    }

    #[test]
    fn other_formats_are_refused() {
        let (a, b) = (flat(BitDepth::Eight, [0; 3]), flat(BitDepth::Ten, [0; 3]));
        assert!(matches!(
            psnr(&a, &b),
            Err(MetricError::FormatMismatch { .. })
        ));
    }
}
