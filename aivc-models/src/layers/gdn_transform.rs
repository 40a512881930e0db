//! The GDN transforms between a picture and its latent at 1/16 of its size.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::cosine_start::{CosineStart, JOINT_COEFFICIENTS};
use super::{
    BLOCK, BLOCK_COEFFICIENTS, EdgeConv2d, EdgeConv2dConfig, GdnDirection, GdnResidualBlock,
    GdnResidualBlockConfig, block_dct, inverse_block_dct, pixel_shuffle, pixel_unshuffle,
};
use crate::backend::ModelBackend;
use crate::pruning::{ChannelGroup, block_groups};
use crate::weights::{ConfigError, check_width};

/// Widths of an [`AnalysisTransform`] and its [`SynthesisTransform`].
#[derive(Config, Debug, PartialEq, Eq)]
pub struct GdnTransformConfig {
    /// Residual blocks of each transform.
    #[config(default = 3)]
    pub blocks: usize,
    /// Channels inside a residual block.
    #[config(default = 64)]
    pub hidden: usize,
    /// Channels of the latent, at 1/16; at most 768.
    #[config(default = 320)]
    pub latent: usize,
}

impl GdnTransformConfig {
    /// Height and width of a picture must be multiples of this.
    pub const MULTIPLE: usize = 2 * BLOCK;

    /// The analysis transform.
    pub fn init_analysis<B: Backend>(&self, device: &B::Device) -> AnalysisTransform<B> {
        AnalysisTransform {
            blocks: self.init_blocks(GdnDirection::Forward, device),
            latent: EdgeConv2dConfig::new(JOINT_COEFFICIENTS, self.latent)
                .with_kernel(1)
                .init(device)
                .starting_at(&CosineStart::strongest(self.latent).join()),
        }
    }

    /// The synthesis transform.
    pub fn init_synthesis<B: Backend>(&self, device: &B::Device) -> SynthesisTransform<B> {
        SynthesisTransform {
            latent: EdgeConv2dConfig::new(self.latent, JOINT_COEFFICIENTS)
                .with_kernel(1)
                .init(device)
                .starting_at(&CosineStart::strongest(self.latent).part()),
            blocks: self.init_blocks(GdnDirection::Inverse, device),
        }
    }

    /// The unit of each channel of the latent before training: what its values are to be multiplied
    /// by to be those of an orthonormal transform of pixels from 0 to 1.
    pub fn latent_units(&self) -> Vec<f64> {
        CosineStart::strongest(self.latent).units()
    }

    /// Checks that widths are within what a weights file may ask for.
    ///
    /// # Errors
    /// [`ConfigError`], with the offending width.
    pub fn validate(&self) -> Result<(), ConfigError> {
        check_width("blocks", self.blocks, 0, 16)?;
        check_width("hidden", self.hidden, 1, 512)?;
        check_width("latent", self.latent, 1, JOINT_COEFFICIENTS)
    }

    fn init_blocks<B: Backend>(
        &self,
        direction: GdnDirection,
        device: &B::Device,
    ) -> Vec<GdnResidualBlock<B>> {
        let block = self.block(direction);
        (0..self.blocks).map(|_| block.init(device)).collect()
    }

    fn block(&self, direction: GdnDirection) -> GdnResidualBlockConfig {
        GdnResidualBlockConfig::new(BLOCK_COEFFICIENTS, self.hidden, direction)
    }

    /// Multiplications a pixel of the picture, of one of the two transforms (they are equal).
    pub fn macs_per_pixel(&self) -> f64 {
        let block = self.block(GdnDirection::Forward).macs();
        let eighth = BLOCK_COEFFICIENTS * BLOCK_COEFFICIENTS + self.blocks * block;
        let latent = JOINT_COEFFICIENTS * self.latent;
        eighth as f64 / 64.0 + latent as f64 / 256.0
    }
}

/// Picture to latent: GDN between convolutions, as in Ballé, Laparra, Simoncelli, "End-to-end
/// Optimized Image Compression", 2017.
///
/// Deviation: the first layer is the cosine transform of 8×8 blocks, GDN stands in residual blocks
/// behind it, and the whole works at 1/8 of the picture's size. That keeps all of the picture's
/// information up to the last layer, and costs a third of the paper's layers at 1/2 and 1/4, which
/// is what makes the transform trainable and fast on a CPU.
///
/// ```text
/// picture → 8×8 DCT → residual blocks with GDN → 2×2 ↓2 → y
/// ```
#[derive(Module, Debug)]
pub struct AnalysisTransform<B: Backend> {
    blocks: Vec<GdnResidualBlock<B>>,
    latent: EdgeConv2d<B>,
}

impl<B: Backend> AnalysisTransform<B> {
    /// The transform with each channel of its latent multiplied by a factor.
    pub(crate) fn with_latent_scaled(mut self, factors: &[f32]) -> Self {
        self.latent = self.latent.with_outputs_scaled(factors);
        self
    }
}

impl<B: ModelBackend> AnalysisTransform<B> {
    /// # Shapes
    /// `[batch, 3, height, width]` to `[batch, latent, height/16, width/16]`.
    ///
    /// # Panics
    /// If height or width is no multiple of 16.
    pub fn forward(&self, picture: Tensor<B, 4>) -> Tensor<B, 4> {
        let features = self
            .blocks
            .iter()
            .fold(coefficients(picture), |features, block| {
                block.forward(features)
            });
        self.latent.forward(pixel_unshuffle(features, 2))
    }

    /// The groups of hidden channels of the transform, which lies at this path in a weights file.
    pub(crate) fn channel_groups(&self, path: &str, picture: Tensor<B, 4>) -> Vec<ChannelGroup> {
        groups_of(&self.blocks, path, coefficients(picture))
    }
}

/// Latent to picture: the mirror image of [`AnalysisTransform`], with inverse GDN.
///
/// ```text
/// ŷ → 2×2 ↑2 → residual blocks with IGDN → inverse 8×8 DCT → picture
/// ```
#[derive(Module, Debug)]
pub struct SynthesisTransform<B: Backend> {
    latent: EdgeConv2d<B>,
    blocks: Vec<GdnResidualBlock<B>>,
}

impl<B: Backend> SynthesisTransform<B> {
    /// The transform with each channel of its latent multiplied by a factor.
    pub(crate) fn with_latent_scaled(mut self, factors: &[f32]) -> Self {
        self.latent = self.latent.with_inputs_scaled(factors);
        self
    }
}

impl<B: ModelBackend> SynthesisTransform<B> {
    /// # Shapes
    /// `[batch, latent, height/16, width/16]` to `[batch, 3, height, width]`, not clamped.
    pub fn forward(&self, latent: Tensor<B, 4>) -> Tensor<B, 4> {
        let coefficients = self
            .blocks
            .iter()
            .fold(self.features(latent), |features, block| {
                block.forward(features)
            });
        inverse_block_dct(coefficients) + 0.5
    }

    fn features(&self, latent: Tensor<B, 4>) -> Tensor<B, 4> {
        pixel_shuffle(self.latent.forward(latent), 2)
    }

    /// The groups of hidden channels of the transform, which lies at this path in a weights file.
    pub(crate) fn channel_groups(&self, path: &str, latent: Tensor<B, 4>) -> Vec<ChannelGroup> {
        groups_of(&self.blocks, path, self.features(latent))
    }
}

fn coefficients<B: ModelBackend>(picture: Tensor<B, 4>) -> Tensor<B, 4> {
    // Pictures come as 0 to 1; centred values train better.
    block_dct(picture - 0.5)
}

fn groups_of<B: ModelBackend>(
    blocks: &[GdnResidualBlock<B>],
    path: &str,
    features: Tensor<B, 4>,
) -> Vec<ChannelGroup> {
    let mut features = features;
    let mut groups = Vec::new();
    for (index, block) in blocks.iter().enumerate() {
        let carried = block.carried(features.clone());
        groups.extend(block_groups(&format!("{path}.blocks.{index}"), carried));
        features = block.forward(features);
    }
    groups
}
