use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::leaky_relu;
use burn::tensor::backend::Backend;

use super::residual_block::{LAST_SHARE, SLOPE};
use super::{
    EdgeConv2d, EdgeConv2dConfig, EdgeConv3d, EdgeConv3dConfig, Gdn, GdnConfig, GdnDirection,
};
use crate::backend::ModelBackend;

/// Configuration of a [`GdnResidualBlock3d`].
#[derive(Config, Debug)]
pub struct GdnResidualBlock3dConfig {
    /// Channels in and out.
    pub channels: usize,
    /// Channels between.
    pub hidden: usize,
    /// Direction of the normalization.
    pub direction: GdnDirection,
}

/// A [`GdnResidualBlock`](super::GdnResidualBlock) over time, height and width.
///
/// ```text
/// x ─┬─ 1×1×1 → GDN → 3×3×3 → leaky ReLU → 1×1×1 ─ + →
///    └─────────────────────────────────────────────┘
/// ```
#[derive(Module, Debug)]
pub struct GdnResidualBlock3d<B: Backend> {
    narrow: EdgeConv2d<B>,
    normalize: Gdn<B>,
    volume: EdgeConv3d<B>,
    widen: EdgeConv2d<B>,
}

impl GdnResidualBlock3dConfig {
    /// The block, close to the identity.
    pub fn init<B: Backend>(&self, device: &B::Device) -> GdnResidualBlock3d<B> {
        let Self {
            channels, hidden, ..
        } = *self;
        GdnResidualBlock3d {
            narrow: EdgeConv2dConfig::new(channels, hidden)
                .with_kernel(1)
                .init(device),
            normalize: GdnConfig::new(hidden, self.direction).init(device),
            volume: EdgeConv3dConfig::new(hidden, hidden).init(device),
            widen: EdgeConv2dConfig::new(hidden, channels)
                .with_kernel(1)
                .init(device)
                .scaled(LAST_SHARE),
        }
    }

    /// Multiplications an element of one channel.
    pub fn macs(&self) -> usize {
        (2 * self.channels + 28 * self.hidden) * self.hidden
    }
}

impl<B: ModelBackend> GdnResidualBlock3d<B> {
    /// # Shapes
    /// `[batch, frames, channels, height, width]`, unchanged.
    pub fn forward(&self, input: Tensor<B, 5>) -> Tensor<B, 5> {
        let [batch, frames, channels, height, width] = input.dims();
        let pictures = input
            .clone()
            .reshape([batch * frames, channels, height, width]);
        let narrow = self.normalize.forward(self.narrow.forward(pictures));
        let hidden = narrow.dims()[1];
        let volume = self
            .volume
            .forward(narrow.reshape([batch, frames, hidden, height, width]));
        let volume = leaky_relu(volume, SLOPE).reshape([batch * frames, hidden, height, width]);
        input
            + self
                .widen
                .forward(volume)
                .reshape([batch, frames, channels, height, width])
    }
}
