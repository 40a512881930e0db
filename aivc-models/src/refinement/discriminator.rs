use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::leaky_relu;
use burn::tensor::backend::Backend;

use crate::layers::{EdgeConv2d, EdgeConv2dConfig, pixel_unshuffle};

const SLOPE: f64 = 0.2;
const HIDDEN: usize = 48;
/// Pixels that become the channels of a place.
const STEP: usize = 4;

/// Tells originals from refined pictures, patch by patch, when it is shown what was decoded too.
///
/// Source: the PatchGAN of Isola, Zhu, Zhou, Efros, "Image-to-Image Translation with Conditional
/// Adversarial Networks", 2017, with pixels moved into channels in place of strided convolutions,
/// which are slow to train here, and without normalization. A patch is 28 pixels wide.
#[derive(Module, Debug)]
pub struct PatchDiscriminator<B: Backend> {
    head: EdgeConv2d<B>,
    middle: EdgeConv2d<B>,
    tail: EdgeConv2d<B>,
}

impl<B: Backend> PatchDiscriminator<B> {
    /// Fresh weights.
    pub fn init(device: &B::Device) -> Self {
        let layer = |channels_in, channels_out| {
            EdgeConv2dConfig::new(channels_in, channels_out).init(device)
        };
        Self {
            head: layer(2 * 3 * STEP * STEP, HIDDEN),
            middle: layer(HIDDEN, HIDDEN),
            tail: layer(HIDDEN, 1),
        }
    }

    /// A score a patch: the higher, the more the picture looks like an original.
    ///
    /// # Shapes
    /// Two of `[batch, 3, height, width]` with values from 0 to 1, sides multiples of 4, to
    /// `[batch, 1, height / 4, width / 4]`.
    ///
    /// # Panics
    /// If the shapes differ or a side is no multiple of 4.
    pub fn forward(&self, picture: Tensor<B, 4>, decoded: Tensor<B, 4>) -> Tensor<B, 4> {
        // What the network adds is small beside the picture: it is seen four times as large.
        let added = (picture - decoded.clone()) * 4.0;
        let input = Tensor::cat(vec![added, decoded - 0.5], 1);
        let head = leaky_relu(self.head.forward(pixel_unshuffle(input, STEP)), SLOPE);
        self.tail
            .forward(leaky_relu(self.middle.forward(head), SLOPE))
    }
}
