use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::activation::leaky_relu;
use burn::tensor::backend::Backend;

use super::RefinementConfig;
use super::config::{FEATURE_STEP, GAIN_KNOTS};
use crate::layers::{
    EdgeConv2d, EdgeConv2dConfig, Quality, at_qualities, bicubic_double, crop, pad_to_multiple,
    pixel_shuffle, pixel_unshuffle, quality_plane,
};

const SLOPE: f64 = 0.1;
/// Share of burn's initialization that a block's last layer starts with: a deep stack begins as
/// almost nothing.
const LAST_SHARE: f32 = 0.1;

/// The trainable network; see the [module](super).
#[derive(Module, Debug)]
pub struct RefinementNetwork<B: Backend> {
    head: EdgeConv2d<B>,
    blocks: Vec<RefinementBlock<B>>,
    tail: EdgeConv2d<B>,
    #[module(skip)]
    scale: usize,
}

/// A residual block whose features are scaled by the quality:
///
/// ```text
/// x ─┬─ 3×3 → × gain(quality) → leaky ReLU → 1×1 ─ + →
///    └──────────────────────────────────────────────┘
/// ```
#[derive(Module, Debug)]
struct RefinementBlock<B: Backend> {
    space: EdgeConv2d<B>,
    /// What gains differ from 1 by, `[knots, hidden]`.
    gain: Param<Tensor<B, 2>>,
    mix: EdgeConv2d<B>,
}

impl RefinementConfig {
    /// The network before training: the identity at scale 1, bicubic enlargement at scale 2.
    pub fn init<B: Backend>(&self, device: &B::Device) -> RefinementNetwork<B> {
        let hidden = self.hidden;
        let block = |_| RefinementBlock {
            space: EdgeConv2dConfig::new(hidden, hidden).init(device),
            gain: Param::from_tensor(Tensor::zeros([GAIN_KNOTS, hidden], device)),
            mix: EdgeConv2dConfig::new(hidden, hidden)
                .with_kernel(1)
                .init(device)
                .scaled(LAST_SHARE),
        };
        RefinementNetwork {
            head: EdgeConv2dConfig::new(self.channels_in() + 1, hidden).init(device),
            blocks: (0..self.blocks).map(block).collect(),
            tail: EdgeConv2dConfig::new(hidden, self.channels_out())
                .init(device)
                .scaled(0.0),
            scale: self.scale,
        }
    }
}

impl<B: Backend> RefinementNetwork<B> {
    /// What is shown in place of decoded pictures, not clamped.
    ///
    /// # Shapes
    /// Pictures `[batch, 3, height, width]` of any size, values from 0 to 1, one quality each, to
    /// `[batch, 3, scale·height, scale·width]`.
    ///
    /// # Panics
    /// If there are not as many qualities as pictures.
    pub fn forward(&self, decoded: Tensor<B, 4>, qualities: &[Quality]) -> Tensor<B, 4> {
        self.base(decoded.clone()) + self.residual(decoded, qualities)
    }

    /// The decoded pictures at the size shown: as they are, or enlarged.
    ///
    /// # Shapes
    /// As [`Self::forward`].
    pub fn base(&self, decoded: Tensor<B, 4>) -> Tensor<B, 4> {
        if self.scale == 1 {
            decoded
        } else {
            bicubic_double(decoded)
        }
    }

    /// What is added to the [base](Self::base).
    ///
    /// # Shapes
    /// As [`Self::forward`].
    ///
    /// # Panics
    /// If there are not as many qualities as pictures.
    pub fn residual(&self, decoded: Tensor<B, 4>, qualities: &[Quality]) -> Tensor<B, 4> {
        let [_, _, height, width] = decoded.dims();
        let unshuffle = FEATURE_STEP / self.scale;
        let centred = pad_to_multiple(decoded, unshuffle) - 0.5;
        let input = if unshuffle == 1 {
            centred
        } else {
            pixel_unshuffle(centred, unshuffle)
        };
        let levels = quality_plane(&input, qualities) / 63.0;
        let mut features = self.head.forward(Tensor::cat(vec![input, levels], 1));
        for block in &self.blocks {
            features = block.forward(features, qualities);
        }
        let residual = pixel_shuffle(self.tail.forward(features), FEATURE_STEP);
        crop(residual, self.scale * height, self.scale * width)
    }
}

impl<B: Backend> RefinementBlock<B> {
    fn forward(&self, input: Tensor<B, 4>, qualities: &[Quality]) -> Tensor<B, 4> {
        let gain = at_qualities(self.gain.val(), qualities) + 1.0;
        let space = leaky_relu(self.space.forward(input.clone()) * gain, SLOPE);
        input + self.mix.forward(space)
    }
}
