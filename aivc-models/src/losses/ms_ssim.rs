use burn::tensor::backend::Backend;
use burn::tensor::module::{avg_pool2d, conv2d};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Tensor, TensorData};

/// Exponents of the five scales (table 1 of the paper, normalized to a sum of 1).
const WEIGHTS: [f32; 5] = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];
const WINDOW: usize = 11;
const SIGMA: f64 = 1.5;
const C1: f32 = 0.01 * 0.01;
const C2: f32 = 0.03 * 0.03;

/// Pictures need at least this many pixels a side: the window at the fifth scale.
pub const MS_SSIM_MINIMUM_SIDE: usize = WINDOW << (WEIGHTS.len() - 1);

/// Multi-scale structural similarity per picture, 0 to 1, differentiable.
///
/// Source: Wang, Simoncelli, Bovik, "Multi-scale Structural Similarity for Image Quality
/// Assessment", 2003: a Gaussian window of 11 pixels (σ 1.5), valid region, averaging by 2
/// between scales. Negative contrast terms are raised to zero, as is usual in training.
///
/// # Shapes
/// Two of `[batch, channels, height, width]` with values from 0 to 1, to `[batch]`.
///
/// # Panics
/// If a side is shorter than [`MS_SSIM_MINIMUM_SIDE`] (176).
pub fn ms_ssim<B: Backend>(a: Tensor<B, 4>, b: Tensor<B, 4>) -> Tensor<B, 1> {
    let [batch, channels, height, width] = a.dims();
    assert!(
        height.min(width) >= MS_SSIM_MINIMUM_SIDE,
        "{width}x{height} is too small for MS-SSIM: {MS_SSIM_MINIMUM_SIDE} pixels a side are needed"
    );
    // Channels are independent pictures.
    let mut a = a.reshape([batch * channels, 1, height, width]);
    let mut b = b.reshape([batch * channels, 1, height, width]);
    let mut product: Option<Tensor<B, 1>> = None;
    for (scale, weight) in WEIGHTS.into_iter().enumerate() {
        let last = scale + 1 == WEIGHTS.len();
        let similarity = similarity(a.clone(), b.clone(), last)
            .clamp_min(1e-6)
            .powf_scalar(weight);
        product = Some(match product {
            Some(product) => product * similarity,
            None => similarity,
        });
        if !last {
            a = halve(a);
            b = halve(b);
        }
    }
    let per_channel = product.expect("there are five scales");
    per_channel
        .reshape([batch, channels])
        .mean_dim(1)
        .reshape([batch])
}

/// Mean of the contrast–structure term, times luminance if `with_luminance`, per picture.
fn similarity<B: Backend>(a: Tensor<B, 4>, b: Tensor<B, 4>, with_luminance: bool) -> Tensor<B, 1> {
    let pictures = a.dims()[0];
    let mean_a = blur(a.clone());
    let mean_b = blur(b.clone());
    let variance_a = blur(a.clone() * a.clone()) - mean_a.clone() * mean_a.clone();
    let variance_b = blur(b.clone() * b.clone()) - mean_b.clone() * mean_b.clone();
    let covariance = blur(a * b) - mean_a.clone() * mean_b.clone();
    let mut map = (covariance * 2.0 + C2) / (variance_a + variance_b + C2);
    if with_luminance {
        let squares = mean_a.clone() * mean_a.clone() + mean_b.clone() * mean_b.clone();
        map = map * ((mean_a * mean_b * 2.0 + C1) / (squares + C1));
    }
    map.reshape([pictures as i32, -1])
        .mean_dim(1)
        .reshape([pictures])
}

fn blur<B: Backend>(picture: Tensor<B, 4>) -> Tensor<B, 4> {
    let device = picture.device();
    let half = (WINDOW / 2) as f64;
    let taps: Vec<f64> = (0..WINDOW)
        .map(|i| (-(i as f64 - half).powi(2) / (2.0 * SIGMA * SIGMA)).exp())
        .collect();
    let sum: f64 = taps.iter().sum();
    let taps: Vec<f32> = taps.iter().map(|tap| (tap / sum) as f32).collect();
    let filter = |shape: [usize; 4]| {
        Tensor::<B, 4>::from_data(TensorData::new(taps.clone(), shape), &device)
    };
    let options = || ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
    let rows = conv2d(picture, filter([1, 1, WINDOW, 1]), None, options());
    conv2d(rows, filter([1, 1, 1, WINDOW]), None, options())
}

fn halve<B: Backend>(picture: Tensor<B, 4>) -> Tensor<B, 4> {
    avg_pool2d(picture, [2, 2], [2, 2], [0, 0], true, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::{Autodiff, Flex};
    use burn::tensor::Distribution;

    #[test]
    fn equal_pictures_score_one_and_noise_scores_less() {
        let device = Default::default();
        let picture =
            Tensor::<Flex, 4>::random([2, 3, 176, 180], Distribution::Uniform(0.0, 1.0), &device);
        let noise = Tensor::random(picture.shape(), Distribution::Normal(0.0, 0.1), &device);
        let same = ms_ssim(picture.clone(), picture.clone())
            .into_data()
            .to_vec::<f32>()
            .unwrap();
        let noisy = ms_ssim(picture.clone(), picture + noise)
            .into_data()
            .to_vec::<f32>()
            .unwrap();
        assert!(same.iter().all(|s| (s - 1.0).abs() < 1e-4), "{same:?}");
        assert!(noisy.iter().all(|&s| s > 0.5 && s < 0.99), "{noisy:?}");
    }

    #[test]
    fn gradient_is_finite() {
        let device = Default::default();
        let a = Tensor::<Autodiff<Flex>, 4>::zeros([1, 1, 176, 176], &device).require_grad();
        let b = Tensor::random([1, 1, 176, 176], Distribution::Uniform(0.0, 1.0), &device);
        let grads = ms_ssim(a.clone(), b).sum().backward();
        let grad = a.grad(&grads).unwrap().into_data().to_vec::<f32>().unwrap();
        assert!(grad.iter().all(|g| g.is_finite()));
    }

    #[test]
    fn scores_of_hostile_pairs_are_within_zero_and_one() {
        let device = Default::default();
        let noise =
            Tensor::<Flex, 4>::random([1, 1, 176, 176], Distribution::Uniform(0.0, 1.0), &device);
        let (black, white) = (noise.zeros_like(), noise.ones_like());
        let negative = -noise.clone() + 1.0;
        for (a, b) in [
            (&black, &white),
            (&noise, &negative),
            (&noise, &black),
            (&white, &white),
        ] {
            let score = ms_ssim(a.clone(), b.clone()).into_scalar();
            assert!((0.0..=1.0 + 1e-5).contains(&score), "{score}");
        }
    }
}
