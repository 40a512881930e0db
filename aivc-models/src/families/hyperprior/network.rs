use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::HyperpriorConfig;
use super::hyper_transform::HyperAnalysisTransform;
use crate::backend::ModelBackend;
use crate::families::Quantization;
use crate::families::hyper_synthesis::{HYPER_LATENT, HyperSynthesis};
use crate::layers::{
    AnalysisTransform, Quality, QualityGain, SynthesisTransform, add_uniform_noise, crop,
    pad_to_multiple, round_half_up, round_straight_through,
};
use crate::priors::{FactorizedPrior, GaussianConditional};

/// The trainable mean-scale hyperprior; see the [family](super).
#[derive(Module, Debug)]
pub struct HyperpriorNetwork<B: Backend> {
    pub(super) analysis: AnalysisTransform<B>,
    pub(super) synthesis: SynthesisTransform<B>,
    pub(super) hyper_analysis: HyperAnalysisTransform<B>,
    pub(super) hyper_synthesis: HyperSynthesis<B>,
    pub(super) gain: QualityGain<B>,
    pub(super) hyper_prior: FactorizedPrior<B>,
}

/// What [`HyperpriorNetwork::forward`] gives.
#[derive(Debug, Clone)]
pub struct HyperpriorOutput<B: Backend> {
    /// The decoded picture, of the input's shape, not clamped.
    pub reconstruction: Tensor<B, 4>,
    /// Probabilities of the latent's values, `[batch, latent, ⌈height/64⌉·4, ⌈width/64⌉·4]`.
    pub y_likelihoods: Tensor<B, 4>,
    /// Probabilities of the hyper-latent's values, `[batch, hyper, ⌈height/64⌉, ⌈width/64⌉]`.
    pub z_likelihoods: Tensor<B, 4>,
}

impl<B: ModelBackend> HyperpriorNetwork<B> {
    /// Codes a batch without making a stream.
    ///
    /// With [`Quantization::Noise`] the likelihoods are those of noisy latents, while synthesis
    /// sees rounded ones with straight-through gradients: the mixed scheme of Minnen, Singh,
    /// "Channel-wise Autoregressive Entropy Models for Learned Image Compression", 2020.
    ///
    /// # Shapes
    /// Pictures `[batch, 3, height, width]` of any size, values from 0 to 1; one quality each.
    ///
    /// # Panics
    /// If there are not as many qualities as pictures.
    pub fn forward(
        &self,
        pictures: Tensor<B, 4>,
        qualities: &[Quality],
        quantization: Quantization,
    ) -> HyperpriorOutput<B> {
        let [batch, _, height, width] = pictures.dims();
        assert_eq!(batch, qualities.len(), "one quality a picture");
        let y = self.scaled_latent(pictures, qualities);
        let z = self.hyper_analysis.forward(y.clone());

        let z_hat = round_straight_through(
            z.clone()
                .clamp(HYPER_LATENT.minimum as f32, HYPER_LATENT.maximum as f32),
        );
        let z_coded = match quantization {
            Quantization::Noise => add_uniform_noise(z),
            Quantization::Round => z_hat.clone(),
        };
        let parameters = self.hyper_synthesis.forward(z_hat, qualities);
        let y_hat =
            round_straight_through(y.clone() - parameters.mean.clone()) + parameters.mean.clone();
        let y_coded = match quantization {
            Quantization::Noise => add_uniform_noise(y),
            Quantization::Round => y_hat.clone(),
        };
        HyperpriorOutput {
            reconstruction: crop(self.reconstruct(y_hat, qualities), height, width),
            y_likelihoods: GaussianConditional::default().likelihood(
                y_coded,
                parameters.mean,
                parameters.log_scale,
            ),
            z_likelihoods: self.hyper_prior.likelihood(z_coded),
        }
    }

    /// `y` in units of the quantization step.
    pub(super) fn scaled_latent(
        &self,
        pictures: Tensor<B, 4>,
        qualities: &[Quality],
    ) -> Tensor<B, 4> {
        let padded = pad_to_multiple(pictures, HyperpriorConfig::MULTIPLE);
        self.analysis.forward(padded) * self.gain.gain(qualities)
    }

    /// The integers ẑ of a scaled latent.
    pub(super) fn hyper_latent(&self, y: Tensor<B, 4>) -> Tensor<B, 4> {
        let (low, high) = (HYPER_LATENT.minimum as f32, HYPER_LATENT.maximum as f32);
        round_half_up(self.hyper_analysis.forward(y).clamp(low, high))
    }

    /// The padded picture of a quantized latent.
    pub(super) fn reconstruct(&self, y_hat: Tensor<B, 4>, qualities: &[Quality]) -> Tensor<B, 4> {
        self.synthesis.forward(y_hat * self.gain.inverse(qualities))
    }
}

impl<B: Backend> HyperpriorNetwork<B> {
    /// The trainable network of a frozen one, to be trained further.
    #[must_use]
    pub fn thaw(mut self) -> Self {
        self.hyper_synthesis = self.hyper_synthesis.thaw();
        self
    }

    /// The exact layers with the names that they have in a weights file.
    pub fn exact_layers(&self) -> [(&'static str, &crate::layers::ExactConv2d<B>); 4] {
        self.hyper_synthesis.exact_layers()
    }
}
