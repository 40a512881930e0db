use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::leaky_relu;
use burn::tensor::backend::Backend;

use super::{EdgeConv2d, EdgeConv2dConfig, Gdn, GdnConfig, GdnDirection};
use crate::backend::ModelBackend;
use crate::pruning::carried;

pub(super) const SLOPE: f64 = 0.1;
/// Share of burn's initialization that the last layer starts with: a block begins as almost
/// nothing, so that what surrounds it works from the first step.
pub(super) const LAST_SHARE: f32 = 0.05;

/// Configuration of a [`GdnResidualBlock`].
#[derive(Config, Debug)]
pub struct GdnResidualBlockConfig {
    /// Channels in and out.
    pub channels: usize,
    /// Channels between.
    pub hidden: usize,
    /// Direction of the normalization.
    pub direction: GdnDirection,
}

/// A bottleneck residual block (He et al., "Deep Residual Learning for Image Recognition", 2016)
/// with GDN, as in the residual blocks of Cheng et al., "Learned Image Compression with
/// Discretized Gaussian Mixture Likelihoods and Attention Modules", 2020.
///
/// ```text
/// x ─┬─ 1×1 → GDN → 3×3 → leaky ReLU → 1×1 ─ + →
///    └───────────────────────────────────────┘
/// ```
#[derive(Module, Debug)]
pub struct GdnResidualBlock<B: Backend> {
    narrow: EdgeConv2d<B>,
    normalize: Gdn<B>,
    space: EdgeConv2d<B>,
    widen: EdgeConv2d<B>,
}

impl GdnResidualBlockConfig {
    /// The block, close to the identity.
    pub fn init<B: Backend>(&self, device: &B::Device) -> GdnResidualBlock<B> {
        let Self {
            channels, hidden, ..
        } = *self;
        GdnResidualBlock {
            narrow: EdgeConv2dConfig::new(channels, hidden)
                .with_kernel(1)
                .init(device),
            normalize: GdnConfig::new(hidden, self.direction).init(device),
            space: EdgeConv2dConfig::new(hidden, hidden).init(device),
            widen: EdgeConv2dConfig::new(hidden, channels)
                .with_kernel(1)
                .init(device)
                .scaled(LAST_SHARE),
        }
    }

    /// Multiplications an element of one channel.
    pub fn macs(&self) -> usize {
        (2 * self.channels + 10 * self.hidden) * self.hidden
    }
}

impl<B: ModelBackend> GdnResidualBlock<B> {
    /// # Shapes
    /// `[batch, channels, height, width]`, unchanged.
    pub fn forward(&self, input: Tensor<B, 4>) -> Tensor<B, 4> {
        let (_, space) = self.hidden(input.clone());
        input + self.widen.forward(space)
    }

    /// The features before the 3×3 convolution, and behind it.
    fn hidden(&self, input: Tensor<B, 4>) -> (Tensor<B, 4>, Tensor<B, 4>) {
        let narrow = self.normalize.forward(self.narrow.forward(input));
        let space = leaky_relu(self.space.forward(narrow.clone()), SLOPE);
        (narrow, space)
    }

    /// What each hidden channel carries on its way: before the 3×3 convolution, and behind it.
    pub(crate) fn carried(&self, input: Tensor<B, 4>) -> [Vec<f64>; 2] {
        let (narrow, space) = self.hidden(input);
        [
            carried(narrow, self.space.weight()),
            carried(space, self.widen.weight()),
        ]
    }
}
