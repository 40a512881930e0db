use crate::frame::{Frame, PixelFormat, Plane, Samples};

/// Luma of a picture in code values, as SSIM takes it.
pub(super) struct Luma {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) samples: Vec<f32>,
}

impl Luma {
    /// The luma plane of 4:2:0, or `0.299·R + 0.587·G + 0.114·B` of RGB, not rounded.
    pub(super) fn of(frame: &Frame) -> Self {
        let (width, height) = (frame.width(), frame.height());
        let mut samples = vec![0.0; width * height];
        match frame.format().pixel_format() {
            PixelFormat::Yuv420 => accumulate(frame.plane(0), 1.0, &mut samples),
            PixelFormat::Rgb => {
                for (plane, weight) in frame.planes().iter().zip([0.299, 0.587, 0.114]) {
                    accumulate(plane, weight, &mut samples);
                }
            }
        }
        Self {
            width,
            height,
            samples,
        }
    }

    /// Half the size, rounded up: means of 2x2 samples, where a last odd row or column is taken
    /// twice (the symmetric border of Wang's Matlab code).
    pub(super) fn halved(&self) -> Self {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let mut samples = Vec::with_capacity(width * height);
        let row = |y: usize| &self.samples[y * self.width..(y + 1) * self.width];
        for y in 0..height {
            let (upper, lower) = (row(2 * y), row((2 * y + 1).min(self.height - 1)));
            let (upper_pairs, upper_last) = upper.as_chunks::<2>();
            let (lower_pairs, lower_last) = lower.as_chunks::<2>();
            samples.extend(
                upper_pairs
                    .iter()
                    .zip(lower_pairs)
                    .map(|(a, b)| 0.25 * (a[0] + a[1] + b[0] + b[1])),
            );
            samples.extend(
                upper_last
                    .iter()
                    .zip(lower_last)
                    .map(|(a, b)| 0.5 * (a + b)),
            );
        }
        Self {
            width,
            height,
            samples,
        }
    }
}

fn accumulate(plane: &Plane, weight: f32, sums: &mut [f32]) {
    match plane.samples() {
        Samples::U8(samples) => add_weighted(samples, weight, sums),
        Samples::U16(samples) => add_weighted(samples, weight, sums),
    }
}

fn add_weighted<T: Copy + Into<f32>>(samples: &[T], weight: f32, sums: &mut [f32]) {
    for (sum, &sample) in sums.iter_mut().zip(samples) {
        *sum += weight * sample.into();
    }
}
