use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::formats::{HIDDEN, STREAM};
use super::transform::DETAIL_CHANNELS;
use crate::backend::ModelBackend;
use crate::layers::{ActivationFormat, ExactConv2d, ExactConv2dConfig};

/// What the last layer starts with: close to nothing.
const START_SHARE: f32 = 0.02;

/// A decoder's network that sees what is known of a decoded frame at 1/8 of its size, and corrects the frame's
/// detail coefficients. Exact.
///
/// ```text
/// detail, quality → 1×1 ─┬─ ReLU 3×3 → ReLU 1×1 ─ + ─┬─ … ─→ 1×1 → correction, in steps
///                        └────────────────────────┘
/// ```
#[derive(Module, Debug)]
pub struct CorrectionNetwork<B: Backend> {
    enter: ExactConv2d<B>,
    space: Vec<ExactConv2d<B>>,
    mix: Vec<ExactConv2d<B>>,
    leave: ExactConv2d<B>,
}

/// Widths and number formats of a [`CorrectionNetwork`].
#[derive(Debug, Clone, Copy)]
pub(super) struct CorrectionForm {
    /// Channels in.
    pub inputs: usize,
    /// Channels inside.
    pub hidden: usize,
    /// Residual blocks.
    pub blocks: usize,
    /// Format of what it sees.
    pub input: ActivationFormat,
    /// Format of corrections.
    pub output: ActivationFormat,
}

impl CorrectionForm {
    /// The trainable network, which corrects next to nothing.
    pub fn init<B: Backend>(&self, device: &B::Device) -> CorrectionNetwork<B> {
        let hidden = self.hidden;
        let blocks = 0..self.blocks;
        CorrectionNetwork {
            enter: ExactConv2dConfig::new(self.inputs, hidden, self.input, STREAM)
                .with_kernel(1)
                .init(device),
            space: blocks
                .clone()
                .map(|_| ExactConv2dConfig::new(hidden, hidden, STREAM, HIDDEN).init(device))
                .collect(),
            mix: blocks
                .map(|_| {
                    ExactConv2dConfig::new(hidden, hidden, HIDDEN, STREAM)
                        .with_kernel(1)
                        .init(device)
                })
                .collect(),
            leave: ExactConv2dConfig::new(hidden, DETAIL_CHANNELS, STREAM, self.output)
                .with_kernel(1)
                .init(device)
                .scaled(START_SHARE),
        }
    }

    /// Multiplications a pixel that it costs.
    pub fn macs_per_pixel(&self) -> f64 {
        let block = 10 * self.hidden * self.hidden;
        let macs = self.inputs * self.hidden + self.blocks * block + self.hidden * DETAIL_CHANNELS;
        macs as f64 / 64.0
    }
}

impl<B: Backend> CorrectionNetwork<B> {
    /// The layers with their names.
    pub(super) fn exact_layers(&self) -> Vec<(String, &ExactConv2d<B>)> {
        let mut layers = vec![("enter".to_owned(), &self.enter)];
        for (index, (space, mix)) in self.space.iter().zip(&self.mix).enumerate() {
            layers.push((format!("space.{index}"), space));
            layers.push((format!("mix.{index}"), mix));
        }
        layers.push(("leave".to_owned(), &self.leave));
        layers
    }

    /// The network with its layers replaced, which `map` sees with their names.
    pub(super) fn map_exact<E>(
        self,
        mut map: impl FnMut(&str, ExactConv2d<B>) -> Result<ExactConv2d<B>, E>,
    ) -> Result<Self, E> {
        let enter = map("enter", self.enter)?;
        let mut numbered = |name: &str, layers: Vec<ExactConv2d<B>>| {
            let layers = layers.into_iter().enumerate();
            layers
                .map(|(index, layer)| map(&format!("{name}.{index}"), layer))
                .collect::<Result<Vec<_>, E>>()
        };
        Ok(Self {
            enter,
            space: numbered("space", self.space)?,
            mix: numbered("mix", self.mix)?,
            leave: map("leave", self.leave)?,
        })
    }
}

impl<B: Backend> CorrectionNetwork<B> {
    /// The trainable network of a frozen one, to be trained further.
    #[must_use]
    pub fn thaw(self) -> Self {
        let Ok(network) =
            self.map_exact(|_, layer| Ok::<_, std::convert::Infallible>(layer.thaw()));
        network
    }
}

impl<B: ModelBackend> CorrectionNetwork<B> {
    /// # Shapes
    /// What is known, `[batch, inputs, height, width]`, to corrections in steps, `[batch, 96, height, width]`.
    pub fn forward(&self, known: Tensor<B, 4>) -> Tensor<B, 4> {
        let (low, high) = (
            STREAM.minimum as f32 * STREAM.step(),
            STREAM.maximum as f32 * STREAM.step(),
        );
        let mut stream = self.enter.forward(known);
        for (space, mix) in self.space.iter().zip(&self.mix) {
            stream = (stream.clone() + mix.forward(space.forward(stream))).clamp(low, high);
        }
        self.leave.forward(stream)
    }
}
