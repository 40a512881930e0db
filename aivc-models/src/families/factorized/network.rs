use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use crate::backend::ModelBackend;
use crate::families::Quantization;
use crate::layers::{
    AnalysisTransform, GdnTransformConfig, SynthesisTransform, add_uniform_noise, crop,
    pad_to_multiple, round_half_up, round_straight_through,
};
use crate::priors::{FactorizedPrior, FactorizedPriorConfig};
use crate::weights::ConfigError;

/// Configuration of a factorized-prior model.
#[derive(Config, Debug, PartialEq, Eq)]
pub struct FactorizedConfig {
    /// Widths of analysis and synthesis.
    #[config(default = "GdnTransformConfig::new()")]
    pub transform: GdnTransformConfig,
}

/// The trainable factorized-prior autoencoder; see the [family](super).
#[derive(Module, Debug)]
pub struct FactorizedNetwork<B: Backend> {
    pub(super) analysis: AnalysisTransform<B>,
    pub(super) synthesis: SynthesisTransform<B>,
    pub(super) prior: FactorizedPrior<B>,
}

/// What [`FactorizedNetwork::forward`] gives.
#[derive(Debug, Clone)]
pub struct FactorizedOutput<B: Backend> {
    /// The decoded picture, of the input's shape, not clamped.
    pub reconstruction: Tensor<B, 4>,
    /// Probabilities of the latent's values, `[batch, latent, ⌈height/16⌉, ⌈width/16⌉]`.
    pub y_likelihoods: Tensor<B, 4>,
}

/// Quantization steps in a unit of an orthonormal transform of pixels, before training: that of
/// the middle quality of the hyperprior.
const START_GAIN: f64 = 4.7;
/// Standard deviations that a channel's distribution is wide before training, and the least width.
const START_WIDTH: f64 = 2.0;
const LEAST_WIDTH: f64 = 0.5;

impl FactorizedConfig {
    /// The trainable network: a cosine codec of one quantization step, whose priors are as wide as
    /// the coefficients of photographs are.
    pub fn init<B: Backend>(&self, device: &B::Device) -> FactorizedNetwork<B> {
        let units = self.transform.latent_units();
        // A channel of the transform has a standard deviation of 1.
        let steps: Vec<f64> = units.iter().map(|unit| unit * START_GAIN).collect();
        let up: Vec<f32> = steps.iter().map(|&step| step as f32).collect();
        let down: Vec<f32> = steps.iter().map(|&step| (1.0 / step) as f32).collect();
        let widths: Vec<f64> = steps
            .iter()
            .map(|step| (START_WIDTH * step).max(LEAST_WIDTH))
            .collect();
        let analysis = self.transform.init_analysis(device);
        let synthesis = self.transform.init_synthesis(device);
        FactorizedNetwork {
            analysis: analysis.with_latent_scaled(&up),
            synthesis: synthesis.with_latent_scaled(&down),
            prior: FactorizedPriorConfig::new(self.transform.latent)
                .init_with_scales(&widths, device),
        }
    }

    /// Checks that widths are within what a weights file may ask for.
    ///
    /// # Errors
    /// [`ConfigError`], with the offending width.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.transform.validate()
    }
}

impl<B: ModelBackend> FactorizedNetwork<B> {
    /// Codes a batch without making a stream.
    ///
    /// # Shapes
    /// Pictures `[batch, 3, height, width]` of any size, values from 0 to 1.
    pub fn forward(
        &self,
        pictures: Tensor<B, 4>,
        quantization: Quantization,
    ) -> FactorizedOutput<B> {
        let [_, _, height, width] = pictures.dims();
        let y = self.latent(pictures);
        let y_hat = round_straight_through(y.clone());
        let y_coded = match quantization {
            Quantization::Noise => add_uniform_noise(y),
            Quantization::Round => y_hat.clone(),
        };
        FactorizedOutput {
            reconstruction: crop(self.synthesis.forward(y_hat), height, width),
            y_likelihoods: self.prior.likelihood(y_coded),
        }
    }

    pub(super) fn latent(&self, pictures: Tensor<B, 4>) -> Tensor<B, 4> {
        self.analysis
            .forward(pad_to_multiple(pictures, GdnTransformConfig::MULTIPLE))
    }

    pub(super) fn quantized_latent(&self, pictures: Tensor<B, 4>) -> Tensor<B, 4> {
        round_half_up(self.latent(pictures).clamp(-32_767.0, 32_767.0))
    }
}
