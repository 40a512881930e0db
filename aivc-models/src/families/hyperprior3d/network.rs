use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::hyper_transform::GroupHyperAnalysis;
use super::{GROUP_FRAMES, Hyperprior3dConfig};
use crate::backend::ModelBackend;
use crate::families::Quantization;
use crate::families::hyper_synthesis::{HYPER_LATENT, HyperSynthesis};
use crate::layers::{
    AnalysisTransform, ExactConv2d, GdnResidualBlock3d, Quality, QualityGain, SynthesisTransform,
    TemporalTransform, add_uniform_noise, crop, pad_to_multiple, round_half_up,
    round_straight_through,
};
use crate::priors::{FactorizedPrior, GaussianConditional, bits};

/// The trainable spatio-temporal hyperprior; see the [family](super).
#[derive(Module, Debug)]
pub struct Hyperprior3dNetwork<B: Backend> {
    pub(super) analysis: AnalysisTransform<B>,
    pub(super) group_analysis: GroupAnalysis<B>,
    pub(super) group_synthesis: GroupSynthesis<B>,
    pub(super) synthesis: SynthesisTransform<B>,
    pub(super) hyper_analysis: GroupHyperAnalysis<B>,
    pub(super) hyper_synthesis: HyperSynthesis<B>,
    pub(super) gain: QualityGain<B>,
    pub(super) hyper_prior: FactorizedPrior<B>,
}

/// What [`Hyperprior3dNetwork::forward`] gives.
#[derive(Debug, Clone)]
pub struct Hyperprior3dOutput<B: Backend> {
    /// The decoded clips, of the input's shape, not clamped.
    pub reconstruction: Tensor<B, 5>,
    /// Estimated bits of the latents of each clip, `[batch]`.
    pub y_bits: Tensor<B, 1>,
    /// Estimated bits of the hyper-latents of each clip, `[batch]`.
    pub z_bits: Tensor<B, 1>,
}

/// Latents of a group's frames to the latent of the group.
#[derive(Module, Debug)]
pub struct GroupAnalysis<B: Backend> {
    pub(super) blocks: Vec<GdnResidualBlock3d<B>>,
    pub(super) time: TemporalTransform<B>,
}

impl<B: ModelBackend> GroupAnalysis<B> {
    /// # Shapes
    /// `[groups, 8, channels, height, width]` to `[groups, 8·channels, height, width]`.
    pub fn forward(&self, frames: Tensor<B, 5>) -> Tensor<B, 4> {
        let [groups, length, channels, height, width] = frames.dims();
        let features = self
            .blocks
            .iter()
            .fold(frames, |features, block| block.forward(features));
        self.time
            .forward(features)
            .reshape([groups, length * channels, height, width])
    }
}

/// Latent of a group to the latents of its frames: the mirror image of [`GroupAnalysis`].
#[derive(Module, Debug)]
pub struct GroupSynthesis<B: Backend> {
    pub(super) time: TemporalTransform<B>,
    pub(super) blocks: Vec<GdnResidualBlock3d<B>>,
}

impl<B: ModelBackend> GroupSynthesis<B> {
    /// # Shapes
    /// `[groups, 8·channels, height, width]` to `[groups, 8, channels, height, width]`.
    pub fn forward(&self, latent: Tensor<B, 4>) -> Tensor<B, 5> {
        let [groups, channels, height, width] = latent.dims();
        let frames = latent.reshape([groups, GROUP_FRAMES, channels / GROUP_FRAMES, height, width]);
        self.blocks
            .iter()
            .fold(self.time.forward(frames), |features, block| {
                block.forward(features)
            })
    }
}

impl<B: ModelBackend> Hyperprior3dNetwork<B> {
    /// Codes a batch of clips without making a stream. The last frame of a clip is repeated until
    /// its last group is full.
    ///
    /// `y` and `z` say what rates are estimated from. Synthesis sees rounded latents with
    /// straight-through gradients in any case.
    ///
    /// # Shapes
    /// Clips `[batch, 3, frames, height, width]` of any size and length, values from 0 to 1; one
    /// quality each.
    ///
    /// # Panics
    /// If there are not as many qualities as clips, or there is no frame.
    pub fn forward(
        &self,
        clips: Tensor<B, 5>,
        qualities: &[Quality],
        y: Quantization,
        z: Quantization,
    ) -> Hyperprior3dOutput<B> {
        let [batch, colors, length, height, width] = clips.dims();
        assert_eq!(batch, qualities.len(), "one quality a clip");
        let frames = full_groups(clips.permute([0, 2, 1, 3, 4]));
        let groups = frames.dims()[1] / GROUP_FRAMES;
        let qualities: Vec<Quality> = qualities
            .iter()
            .flat_map(|&quality| std::iter::repeat_n(quality, groups))
            .collect();
        let padded_length = groups * GROUP_FRAMES;
        let pictures = frames.reshape([batch * padded_length, colors, height, width]);

        let scaled = self.scaled_latent(self.picture_latents(pictures), &qualities);
        let hyper = self.hyper_analysis.forward(scaled.clone());
        let (low, high) = (HYPER_LATENT.minimum as f32, HYPER_LATENT.maximum as f32);
        let z_hat = round_straight_through(hyper.clone().clamp(low, high));
        let z_coded = match z {
            Quantization::Noise => add_uniform_noise(hyper),
            Quantization::Round => z_hat.clone(),
        };
        let parameters = self.hyper_synthesis.forward(z_hat, &qualities);
        let y_hat = round_straight_through(scaled.clone() - parameters.mean.clone())
            + parameters.mean.clone();
        let y_coded = match y {
            Quantization::Noise => add_uniform_noise(scaled),
            Quantization::Round => y_hat.clone(),
        };
        let y_bits =
            GaussianConditional::default().bits(y_coded, parameters.mean, parameters.log_scale);
        let z_bits = bits(self.hyper_prior.likelihood(z_coded));
        let pictures = self.pictures(self.frame_latents(y_hat, &qualities));
        let reconstruction = crop(pictures, height, width)
            .reshape([batch, padded_length, colors, height, width])
            .narrow(1, 0, length)
            .permute([0, 2, 1, 3, 4]);
        Hyperprior3dOutput {
            reconstruction,
            y_bits: y_bits
                .reshape([batch as i32, -1])
                .sum_dim(1)
                .reshape([batch]),
            z_bits: z_bits
                .reshape([batch as i32, -1])
                .sum_dim(1)
                .reshape([batch]),
        }
    }

    /// The latent of each picture, at 1/16 of the padded size.
    pub(super) fn picture_latents(&self, pictures: Tensor<B, 4>) -> Tensor<B, 4> {
        self.analysis
            .forward(pad_to_multiple(pictures, Hyperprior3dConfig::MULTIPLE))
    }

    /// Latents of the pictures of whole groups to those of the groups, in units of the
    /// quantization step.
    pub(super) fn scaled_latent(
        &self,
        pictures: Tensor<B, 4>,
        qualities: &[Quality],
    ) -> Tensor<B, 4> {
        let [count, channels, height, width] = pictures.dims();
        let groups = [count / GROUP_FRAMES, GROUP_FRAMES, channels, height, width];
        self.group_analysis.forward(pictures.reshape(groups)) * self.gain.gain(qualities)
    }

    /// The integers ẑ of a scaled latent.
    pub(super) fn hyper_latent(&self, y: Tensor<B, 4>) -> Tensor<B, 4> {
        let (low, high) = (HYPER_LATENT.minimum as f32, HYPER_LATENT.maximum as f32);
        round_half_up(self.hyper_analysis.forward(y).clamp(low, high))
    }

    /// The latents of the frames of quantized groups, `[groups·8, channels, height, width]`.
    pub(super) fn frame_latents(&self, y_hat: Tensor<B, 4>, qualities: &[Quality]) -> Tensor<B, 4> {
        let frames = self
            .group_synthesis
            .forward(y_hat * self.gain.inverse(qualities));
        let [groups, length, channels, height, width] = frames.dims();
        frames.reshape([groups * length, channels, height, width])
    }

    /// The padded pictures of frames' latents.
    pub(super) fn pictures(&self, latents: Tensor<B, 4>) -> Tensor<B, 4> {
        self.synthesis.forward(latents)
    }
}

/// Clips that are longer by repetitions of their last frame, up to a whole number of groups.
///
/// # Shapes
/// `[batch, frames, colours, height, width]`.
pub(super) fn full_groups<B: Backend>(frames: Tensor<B, 5>) -> Tensor<B, 5> {
    let length = frames.dims()[1];
    assert!(length > 0, "a clip has a frame");
    let missing = length.next_multiple_of(GROUP_FRAMES) - length;
    if missing == 0 {
        return frames;
    }
    let last = frames.clone().narrow(1, length - 1, 1);
    Tensor::cat(vec![frames, last.repeat_dim(1, missing)], 1)
}

impl<B: Backend> Hyperprior3dNetwork<B> {
    /// The trainable network of a frozen one, to be trained further.
    #[must_use]
    pub fn thaw(mut self) -> Self {
        self.hyper_synthesis = self.hyper_synthesis.thaw();
        self
    }

    /// The exact layers with the names that they have in a weights file.
    pub fn exact_layers(&self) -> [(&'static str, &ExactConv2d<B>); 4] {
        self.hyper_synthesis.exact_layers()
    }
}
