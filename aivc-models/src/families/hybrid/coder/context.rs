use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::FrameCoderConfig;
use crate::backend::ModelBackend;
use crate::families::hybrid::formats::{FEATURE, HIDDEN};
use crate::families::hybrid::transform::LATENT_CHANNELS;
use crate::layers::{ExactConv2d, ExactConv2dConfig};

/// What the prediction and the residual of the frame before tell of a macroblock; exact.
#[derive(Module, Debug)]
pub struct TemporalContext<B: Backend> {
    enter: ExactConv2d<B>,
    space: ExactConv2d<B>,
}

impl FrameCoderConfig {
    pub(super) fn init_context<B: Backend>(
        &self,
        device: &B::Device,
    ) -> Option<TemporalContext<B>> {
        self.predicts.then(|| TemporalContext {
            enter: ExactConv2dConfig::new(3 * LATENT_CHANNELS + 1, self.context, FEATURE, HIDDEN)
                .with_kernel(1)
                .init(device),
            space: ExactConv2dConfig::new(self.context, self.context, HIDDEN, HIDDEN).init(device),
        })
    }
}

impl<B: Backend> TemporalContext<B> {
    pub(super) fn exact_layers(&self) -> [(&'static str, &ExactConv2d<B>); 2] {
        [
            ("context.enter", &self.enter),
            ("context.space", &self.space),
        ]
    }

    pub(super) fn map_exact<E>(
        self,
        map: &mut impl FnMut(&str, ExactConv2d<B>) -> Result<ExactConv2d<B>, E>,
    ) -> Result<Self, E> {
        Ok(Self {
            enter: map("context.enter", self.enter)?,
            space: map("context.space", self.space)?,
        })
    }
}

impl<B: ModelBackend> TemporalContext<B> {
    /// # Shapes
    /// Sizes and signed sizes of the prediction's coefficients, sizes of the last residual, and the
    /// quality, `[batch, 1153, height, width]`, to `[batch, context, height, width]`.
    pub fn forward(&self, features: Tensor<B, 4>) -> Tensor<B, 4> {
        self.space.forward(self.enter.forward(features))
    }
}
