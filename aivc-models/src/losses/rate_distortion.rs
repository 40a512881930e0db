use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::ms_ssim;
use crate::layers::Quality;

/// Measures of distortion.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Distortion {
    /// Mean squared error in units of 8-bit levels squared.
    #[default]
    MeanSquaredError,
    /// `1 − MS-SSIM`.
    MsSsim,
    /// The mean of the squared error and 1,250 times `1 − MS-SSIM`: a perceptual model that PSNR still tells
    /// something of, with the λ of one for the squared error. Of 4:2:0 video, luma's alone; chroma has its squared
    /// error.
    Mixed,
}

impl Distortion {
    /// Whether it measures MS-SSIM, for which pictures must be large.
    pub fn measures_ms_ssim(self) -> bool {
        self != Self::MeanSquaredError
    }
}

/// Squared levels that `1 − MS-SSIM` counts in a mix: as many as models of about the same rate that were trained for
/// the one or the other usually have different λ.
pub(super) const MS_SSIM_WORTH: f64 = 1250.0;

/// Parameters of a [`RateDistortionLoss`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateDistortionLossConfig {
    /// What distortion is.
    #[serde(default)]
    pub distortion: Distortion,
    /// λ at quality 0.
    pub lambda_lowest: f64,
    /// λ at quality 63.
    pub lambda_highest: f64,
}

/// `R + λ·D` with one λ a quality level, geometrically spaced.
///
/// Levels with a large λ would drown the others, so each picture's loss is divided by the square
/// root of its λ (relative to the middle one); the optimum of each level alone is unchanged.
#[derive(Debug, Clone, Copy)]
pub struct RateDistortionLoss {
    config: RateDistortionLossConfig,
}

impl RateDistortionLoss {
    /// A loss with these parameters.
    pub fn new(config: RateDistortionLossConfig) -> Self {
        Self { config }
    }

    /// λ of a level, in bits per pixel per unit of distortion.
    pub fn lambda(&self, quality: Quality) -> f64 {
        let ratio = self.config.lambda_highest / self.config.lambda_lowest;
        self.config.lambda_lowest * ratio.powf(quality.fraction())
    }

    /// Loss of one picture whose rate and distortion are known.
    pub fn cost(&self, quality: Quality, bits_per_pixel: f64, distortion: f64) -> f64 {
        (bits_per_pixel + self.lambda(quality) * distortion) * self.weight(quality)
    }

    /// What a level's losses count in a mean over levels.
    fn weight(&self, quality: Quality) -> f64 {
        let middle = (self.config.lambda_lowest * self.config.lambda_highest).sqrt();
        (middle / self.lambda(quality)).sqrt()
    }

    /// Mean loss of a batch.
    ///
    /// # Shapes
    /// Pictures `[batch, channels, height, width]` from 0 to 1, `bits_per_pixel` `[batch]`; a
    /// scalar in `[1]` comes out.
    ///
    /// # Panics
    /// If there are not as many qualities as pictures.
    pub fn forward<B: Backend>(
        &self,
        original: Tensor<B, 4>,
        reconstruction: Tensor<B, 4>,
        bits_per_pixel: Tensor<B, 1>,
        qualities: &[Quality],
    ) -> Tensor<B, 1> {
        assert_eq!(original.dims()[0], qualities.len(), "one quality a picture");
        let squared = |a, b| mean_squared_error(a, b) * 255.0 * 255.0;
        let structural = |a, b| -ms_ssim(a, b) + 1.0;
        let distortion = match self.config.distortion {
            Distortion::MeanSquaredError => squared(original, reconstruction),
            Distortion::MsSsim => structural(original, reconstruction),
            Distortion::Mixed => {
                let squared = squared(original.clone(), reconstruction.clone());
                (squared + structural(original, reconstruction) * MS_SSIM_WORTH) / 2.0
            }
        };
        self.combine(distortion, bits_per_pixel, qualities)
    }

    /// Mean loss of a batch whose distortions are known.
    ///
    /// # Shapes
    /// Both `[batch]`; a scalar in `[1]` comes out.
    ///
    /// # Panics
    /// If there are not as many qualities as pictures.
    pub fn combine<B: Backend>(
        &self,
        distortion: Tensor<B, 1>,
        bits_per_pixel: Tensor<B, 1>,
        qualities: &[Quality],
    ) -> Tensor<B, 1> {
        let device = distortion.device();
        let per_picture = |f: &dyn Fn(Quality) -> f64| {
            let values: Vec<f32> = qualities.iter().map(|&q| f(q) as f32).collect();
            Tensor::<B, 1>::from_data(TensorData::new(values, [qualities.len()]), &device)
        };
        let lambda = per_picture(&|quality| self.lambda(quality));
        let weight = per_picture(&|quality| self.weight(quality));
        ((bits_per_pixel + distortion * lambda) * weight).mean()
    }
}

/// Mean squared error per picture.
///
/// # Shapes
/// Two of `[batch, channels, height, width]`, to `[batch]`.
pub fn mean_squared_error<B: Backend>(a: Tensor<B, 4>, b: Tensor<B, 4>) -> Tensor<B, 1> {
    let batch = a.dims()[0];
    let difference = a - b;
    (difference.clone() * difference)
        .reshape([batch as i32, -1])
        .mean_dim(1)
        .reshape([batch])
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::Flex;
    use burn::tensor::Distribution as BurnDistribution;

    #[test]
    fn loss_is_rate_plus_lambda_times_squared_levels() {
        let device = Default::default();
        let loss = RateDistortionLoss::new(RateDistortionLossConfig {
            distortion: Distortion::MeanSquaredError,
            lambda_lowest: 0.01,
            lambda_highest: 0.01,
        });
        let black = Tensor::<Flex, 4>::zeros([1, 3, 2, 2], &device);
        let grey = Tensor::full([1, 3, 2, 2], 2.0 / 255.0, &device);
        let value = loss.forward(
            black,
            grey,
            Tensor::full([1], 0.5, &device),
            &[Quality::MIN],
        );
        // 0.5 bits and 0.01 times an error of 2 levels squared.
        assert!((value.into_scalar() - 0.54).abs() < 1e-5);
    }

    fn loss(distortion: Distortion) -> RateDistortionLoss {
        RateDistortionLoss::new(RateDistortionLossConfig {
            distortion,
            lambda_lowest: 0.001,
            lambda_highest: 0.064,
        })
    }

    #[test]
    fn lambdas_are_spaced_geometrically() {
        let loss = loss(Distortion::MeanSquaredError);
        // Thirds of the way from 0.001 to 0.064: a factor of 4 each.
        for (level, expected) in [(0, 0.001), (21, 0.004), (42, 0.016), (63, 0.064)] {
            let lambda = loss.lambda(Quality::new(level).unwrap());
            assert!((lambda / expected - 1.0).abs() < 1e-12, "{level}: {lambda}");
        }
    }

    #[test]
    fn each_picture_has_its_own_lambda_and_weight() {
        let device = Default::default();
        let black = Tensor::<Flex, 4>::zeros([2, 3, 2, 2], &device);
        let grey = Tensor::full([2, 3, 2, 2], 10.0 / 255.0, &device);
        let rate = Tensor::from_data([0.5f32, 2.0], &device);
        let qualities = [Quality::MIN, Quality::MAX];
        let value = loss(Distortion::MeanSquaredError).forward(black, grey, rate, &qualities);
        // λ 0.001 and 0.064 around 0.008: weights √8 and √(1/8); an error of 100 levels squared.
        let expected = ((0.5 + 0.1) * 8f32.sqrt() + (2.0 + 6.4) / 8f32.sqrt()) / 2.0;
        assert!((value.into_scalar() / expected - 1.0).abs() < 1e-5);
    }

    #[test]
    fn the_loss_of_a_batch_is_the_mean_cost_of_its_pictures() {
        let device = Default::default();
        let loss = loss(Distortion::MeanSquaredError);
        let (rates, errors) = ([0.5, 2.0, 1.0], [90.0, 7.0, 30.0]);
        let qualities = [5, 60, 33].map(|level| Quality::new(level).unwrap());
        let costs: f64 = (0..3)
            .map(|i| loss.cost(qualities[i], rates[i], errors[i]))
            .sum();
        let tensor = |values: [f64; 3]| Tensor::<Flex, 1>::from_data(values, &device);
        let value = loss.combine(tensor(errors), tensor(rates), &qualities);
        // Sums of a few numbers in f32.
        assert!((f64::from(value.into_scalar()) / (costs / 3.0) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn ms_ssim_distortion_is_its_distance_from_one() {
        let device = Default::default();
        let a = Tensor::<Flex, 4>::random([1, 1, 176, 176], BurnDistribution::Default, &device);
        let b = a.clone() * 0.8 + 0.1;
        let score = ms_ssim(a.clone(), b.clone()).into_scalar();
        let rate = Tensor::full([1], 0.25, &device);
        let middle = [Quality::new(21).unwrap()];
        let value = loss(Distortion::MsSsim)
            .forward(a, b, rate, &middle)
            .into_scalar();
        // λ 0.004, weight √(0.008 / 0.004).
        let expected = (0.25 + 0.004 * (1.0 - score)) * 2f32.sqrt();
        assert!(score < 0.999 && (value / expected - 1.0).abs() < 1e-5);
    }

    #[test]
    fn a_mix_is_the_mean_of_both() {
        let device = Default::default();
        let a = Tensor::<Flex, 4>::random([1, 1, 176, 176], BurnDistribution::Default, &device);
        let b = a.clone() * 0.8 + 0.1;
        let of = |distortion| {
            let rate = Tensor::zeros([1], &device);
            let value = loss(distortion).forward(a.clone(), b.clone(), rate, &[Quality::MIN]);
            value.into_scalar()
        };
        let [squared, structural] = [Distortion::MeanSquaredError, Distortion::MsSsim].map(of);
        let expected = (squared + 1250.0 * structural) / 2.0;
        assert!(squared > 0.0 && structural > 0.0);
        assert!((of(Distortion::Mixed) / expected - 1.0).abs() < 1e-5);
    }
}
