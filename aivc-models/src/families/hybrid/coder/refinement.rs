use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::FrameCoderConfig;
use super::formats::{CORRECTION, FEATURE, HIDDEN, STREAM};
use crate::backend::ModelBackend;
use crate::families::hybrid::transform::DETAIL_CHANNELS;
use crate::layers::{ExactConv2d, ExactConv2dConfig};

/// What the last layer starts with: close to nothing.
const START_SHARE: f32 = 0.02;

/// The decoder's network behind the fixed inverse transform of keyframes: it sees the detail coefficients
/// of what was decoded so far and corrects them. Exact, since inter frames are predicted from the outcome.
///
/// ```text
/// detail, quality → 1×1 ─┬─ ReLU 3×3 → ReLU 1×1 ─ + ─┬─ … ─→ 1×1 → correction, in steps
///                        └────────────────────────┘
/// ```
#[derive(Module, Debug)]
pub struct Refinement<B: Backend> {
    enter: ExactConv2d<B>,
    space: Vec<ExactConv2d<B>>,
    mix: Vec<ExactConv2d<B>>,
    leave: ExactConv2d<B>,
}

impl FrameCoderConfig {
    /// None of inter frames: in a long loop what smooths one frame for the good of its error blurs all that
    /// follow (`docs/decisions/0005-hybrid-codec.md`).
    pub(super) fn init_refinement<B: Backend>(&self, device: &B::Device) -> Option<Refinement<B>> {
        let hidden = self.hidden;
        let blocks = 0..self.blocks;
        (!self.predicts).then(|| Refinement {
            enter: ExactConv2dConfig::new(DETAIL_CHANNELS + 1, hidden, FEATURE, STREAM)
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
            leave: ExactConv2dConfig::new(hidden, DETAIL_CHANNELS, STREAM, CORRECTION)
                .with_kernel(1)
                .init(device)
                .scaled(START_SHARE),
        })
    }
}

impl<B: Backend> Refinement<B> {
    pub(super) fn exact_layers(&self) -> Vec<(String, &ExactConv2d<B>)> {
        let numbered = |name: &str, index| format!("refinement.{name}.{index}");
        let mut layers = vec![("refinement.enter".to_owned(), &self.enter)];
        for (index, (space, mix)) in self.space.iter().zip(&self.mix).enumerate() {
            layers.push((numbered("space", index), space));
            layers.push((numbered("mix", index), mix));
        }
        layers.push(("refinement.leave".to_owned(), &self.leave));
        layers
    }

    pub(super) fn map_exact<E>(
        self,
        map: &mut impl FnMut(&str, ExactConv2d<B>) -> Result<ExactConv2d<B>, E>,
    ) -> Result<Self, E> {
        let enter = map("refinement.enter", self.enter)?;
        let mut numbered = |name: &str, layers: Vec<ExactConv2d<B>>| {
            let layers = layers.into_iter().enumerate();
            layers
                .map(|(index, layer)| map(&format!("refinement.{name}.{index}"), layer))
                .collect::<Result<Vec<_>, E>>()
        };
        Ok(Self {
            enter,
            space: numbered("space", self.space)?,
            mix: numbered("mix", self.mix)?,
            leave: map("refinement.leave", self.leave)?,
        })
    }
}

impl<B: ModelBackend> Refinement<B> {
    /// # Shapes
    /// Detail coefficients and quality, multiples of 1/16, `[batch, 97 or 193, height, width]`, to
    /// corrections in steps, multiples of 1/32, `[batch, 96, height, width]`.
    pub fn forward(&self, detail: Tensor<B, 4>) -> Tensor<B, 4> {
        let (low, high) = (
            STREAM.minimum as f32 * STREAM.step(),
            STREAM.maximum as f32 * STREAM.step(),
        );
        let mut stream = self.enter.forward(detail);
        for (space, mix) in self.space.iter().zip(&self.mix) {
            stream = (stream.clone() + mix.forward(space.forward(stream))).clamp(low, high);
        }
        self.leave.forward(stream)
    }
}
