use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn::tensor::backend::Backend;

use super::FrameCoderConfig;
use crate::families::hybrid::transform::LATENT_CHANNELS;
use crate::layers::{EdgeConv2d, EdgeConv2dConfig, pixel_unshuffle};

/// What the last layer starts with: close to nothing.
const START_SHARE: f32 = 0.02;

/// What the encoder changes of the latents that the fixed transform gives, for the good of rate and
/// quality. Decoders do not have it, so it need not be exact.
#[derive(Module, Debug)]
pub struct Analysis<B: Backend> {
    enter: EdgeConv2d<B>,
    space: Vec<EdgeConv2d<B>>,
    mix: Vec<EdgeConv2d<B>>,
    leave: EdgeConv2d<B>,
}

impl FrameCoderConfig {
    pub(super) fn init_analysis<B: Backend>(&self, device: &B::Device) -> Analysis<B> {
        let pointwise = |channels_in, channels_out| {
            EdgeConv2dConfig::new(channels_in, channels_out)
                .with_kernel(1)
                .init(device)
        };
        let hidden = self.hidden;
        let blocks = 0..self.blocks;
        Analysis {
            enter: pointwise(self.detail_inputs(), hidden),
            space: blocks
                .clone()
                .map(|_| EdgeConv2dConfig::new(hidden, hidden).init(device))
                .collect(),
            mix: blocks.map(|_| pointwise(hidden, hidden)).collect(),
            leave: pointwise(4 * hidden, LATENT_CHANNELS).scaled(START_SHARE),
        }
    }
}

impl<B: Backend> Analysis<B> {
    /// # Shapes
    /// Detail coefficients and quality at 1/8 to changes of `[batch, 384, height/16, width/16]`, in
    /// quantization steps.
    pub fn forward(&self, detail: Tensor<B, 4>) -> Tensor<B, 4> {
        let mut stream = self.enter.forward(detail);
        for (space, mix) in self.space.iter().zip(&self.mix) {
            let change = mix.forward(relu(space.forward(stream.clone())));
            stream = stream + change;
        }
        self.leave.forward(pixel_unshuffle(stream, 2))
    }
}
