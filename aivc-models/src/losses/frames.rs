use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::{MS_SSIM_WORTH, mean_squared_error, ms_ssim};
use crate::families::hybrid::FrameTensors;

/// Weights of luma and of each chroma plane. PSNRs are weighted 6:1:1, and a decibel of a plane is
/// worth the more squared error the more it has: chroma, which has a sixth to a tenth of luma's, weighs
/// six times as much.
const LUMA: f64 = 0.5;
const CHROMA: f64 = 0.5;

/// Mean squared error of each frame, luma and chroma weighted, in squared levels of 8-bit video.
///
/// # Shapes
/// To `[batch]`.
pub fn frame_squared_error<B: Backend>(a: FrameTensors<B>, b: FrameTensors<B>) -> Tensor<B, 1> {
    let luma = mean_squared_error(a.luma, b.luma);
    weighted(luma, a.chroma, b.chroma)
}

/// [`frame_squared_error`] with [`Distortion::Mixed`](super::Distortion) in place of luma's error.
///
/// # Shapes
/// To `[batch]`.
///
/// # Panics
/// If a side of luma is shorter than [`MS_SSIM_MINIMUM_SIDE`](super::MS_SSIM_MINIMUM_SIDE).
pub fn frame_mixed_error<B: Backend>(a: FrameTensors<B>, b: FrameTensors<B>) -> Tensor<B, 1> {
    let squared = mean_squared_error(a.luma.clone(), b.luma.clone());
    let unit = |levels: Tensor<B, 4>| (levels + 128.0) / 255.0;
    let structural = -ms_ssim(unit(a.luma), unit(b.luma)) + 1.0;
    let luma = (squared + structural * MS_SSIM_WORTH) / 2.0;
    weighted(luma, a.chroma, b.chroma)
}

fn weighted<B: Backend>(luma: Tensor<B, 1>, a: Tensor<B, 4>, b: Tensor<B, 4>) -> Tensor<B, 1> {
    // The mean of both planes, so twice the share of one.
    let chroma = mean_squared_error(a, b);
    luma * LUMA + chroma * (2.0 * CHROMA)
}

#[cfg(test)]
mod tests {
    use burn::backend::Flex;
    use burn::tensor::Distribution;

    use super::*;

    #[test]
    fn a_mix_counts_structure_of_luma_and_leaves_chroma_as_it_is() {
        let device = Default::default();
        let levels = Distribution::Uniform(-128.0, 127.0);
        let luma = Tensor::<Flex, 4>::random([1, 1, 176, 176], levels, &device);
        let chroma = Tensor::<Flex, 4>::random([1, 2, 88, 88], levels, &device);
        let frame = |luma, chroma| FrameTensors { luma, chroma };
        let value = |a, b| frame_mixed_error::<Flex>(a, b).into_scalar();

        let moved = frame(luma.clone(), chroma.clone() + 3.0);
        let original = frame(luma.clone(), chroma.clone());
        // Nine squared levels in both planes of chroma.
        assert!((value(original.clone(), moved) - 9.0).abs() < 1e-2);

        let duller = luma.clone() * 0.75;
        let unit = |levels: Tensor<Flex, 4>| (levels + 128.0) / 255.0;
        let score = ms_ssim(unit(luma.clone()), unit(duller.clone())).into_scalar();
        let squared = mean_squared_error(luma, duller.clone()).into_scalar();
        let expected = (squared + 1250.0 * (1.0 - score)) / 4.0;
        let value = value(original, frame(duller, chroma));
        assert!(
            score < 0.99 && (value / expected - 1.0).abs() < 1e-4,
            "{value} {expected}"
        );
    }
}
