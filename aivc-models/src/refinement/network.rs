use burn::module::{Module, Param};
use burn::tensor::activation::leaky_relu;
use burn::tensor::backend::Backend;
use burn::tensor::module::avg_pool2d;
use burn::tensor::{Tensor, TensorData};

use super::RefinementConfig;
use super::config::{FEATURE_STEP, GAIN_KNOTS, MEAN_REACH};
use crate::layers::{
    EdgeConv2d, EdgeConv2dConfig, Quality, at_qualities, bicubic_double, crop, pad_edges,
    pad_to_multiple, pixel_shuffle, pixel_unshuffle, quality_plane,
};

const SLOPE: f64 = 0.1;
/// Share of burn's initialization that a block's last layer starts with: a deep stack begins as
/// almost nothing.
const LAST_SHARE: f32 = 0.1;
/// What differences from the mean around them are multiplied by: what is to be mended is in these, and
/// they are small beside the picture.
const DETAIL_GAIN: f64 = 8.0;
/// Errors of decoded pictures at the lowest and highest quality (26 and 40 dB), and of enlarged
/// ones, which lack detail at every quality.
const SAME_SIZE_STRENGTHS: [f32; 2] = [0.05, 0.01];
const ENLARGED_STRENGTHS: [f32; 2] = [0.05, 0.03];

/// The trainable network; see the [module](super).
#[derive(Module, Debug)]
pub struct RefinementNetwork<B: Backend> {
    head: EdgeConv2d<B>,
    blocks: Vec<RefinementBlock<B>>,
    tail: EdgeConv2d<B>,
    /// Logarithms of what the tail's outputs are multiplied by, `[knots, 1]`.
    strength: Param<Tensor<B, 2>>,
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
            head: EdgeConv2dConfig::new(self.head_channels(), hidden).init(device),
            blocks: (0..self.blocks).map(block).collect(),
            tail: EdgeConv2dConfig::new(hidden, self.channels_out())
                .init(device)
                .scaled(0.0),
            strength: Param::from_tensor(self.first_strengths(device)),
            scale: self.scale,
        }
    }

    /// From the lowest quality to the highest, about what decoded pictures are wrong by: with
    /// outputs of one size, every step of training that mends a coarse picture spoils fine ones.
    fn first_strengths<B: Backend>(&self, device: &B::Device) -> Tensor<B, 2> {
        let [lowest, highest] = if self.scale == 1 {
            SAME_SIZE_STRENGTHS
        } else {
            ENLARGED_STRENGTHS
        };
        let step = (highest / lowest).ln() / (GAIN_KNOTS - 1) as f32;
        let logs: Vec<f32> = (0..GAIN_KNOTS)
            .map(|knot| lowest.ln() + step * knot as f32)
            .collect();
        Tensor::from_data(TensorData::new(logs, [GAIN_KNOTS, 1]), device)
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
        let mean = local_mean(input.clone());
        let detail = (input - mean.clone()) * DETAIL_GAIN;
        let mut features = self
            .head
            .forward(Tensor::cat(vec![detail, mean, levels], 1));
        for block in &self.blocks {
            features = block.forward(features, qualities);
        }
        let strength = at_qualities(self.strength.val(), qualities).exp();
        let strength = strength.repeat_dim(1, 3 * FEATURE_STEP * FEATURE_STEP);
        let residual = scale_channels(self.tail.forward(features), strength);
        let residual = pixel_shuffle(residual, FEATURE_STEP);
        crop(residual, self.scale * height, self.scale * width)
    }
}

impl<B: Backend> RefinementBlock<B> {
    fn forward(&self, input: Tensor<B, 4>, qualities: &[Quality]) -> Tensor<B, 4> {
        let gain = at_qualities(self.gain.val(), qualities) + 1.0;
        let space = scale_channels(self.space.forward(input.clone()), gain);
        input + self.mix.forward(leaky_relu(space, SLOPE))
    }
}

/// Means over squares of five features.
fn local_mean<B: Backend>(input: Tensor<B, 4>) -> Tensor<B, 4> {
    let side = 2 * MEAN_REACH + 1;
    let padded = pad_edges(input, MEAN_REACH);
    avg_pool2d(padded, [side, side], [1, 1], [0, 0], true, false)
}

/// Each channel times its gain, `[batch, channels, 1, 1]`. In two dimensions: Flex walks element by
/// element where it has to broadcast over more.
fn scale_channels<B: Backend>(features: Tensor<B, 4>, gain: Tensor<B, 4>) -> Tensor<B, 4> {
    let shape = features.dims();
    let [batch, channels, height, width] = shape;
    let rows = batch * channels;
    (features.reshape([rows, height * width]) * gain.reshape([rows, 1])).reshape(shape)
}
