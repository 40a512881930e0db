//! The exact network from a hyper-latent to the distributions of a latent, of the families that have GDN
//! transforms.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use crate::backend::ModelBackend;
use crate::layers::{
    ActivationFormat, BoundGradient, ExactConv2d, ExactConv2dConfig, Quality, pixel_shuffle,
    quality_plane,
};
use crate::priors::SCALE_INDEX_FRACTION_BITS;
use crate::weights::{WeightsError, WeightsFile};

/// The integers that ẑ may be; the encoder clamps to them.
pub(super) const HYPER_LATENT: ActivationFormat = ActivationFormat::signed(8, 0);
const HIDDEN: ActivationFormat = ActivationFormat::unsigned(10, 4);
const MEAN: ActivationFormat = ActivationFormat::signed(12, 4);
const LOG_SCALE: ActivationFormat = ActivationFormat::unsigned(6, SCALE_INDEX_FRACTION_BITS);

/// Names of the exact layers in a weights file.
pub(super) const EXACT_LAYERS: [&str; 4] = [
    "hyper_synthesis.half",
    "hyper_synthesis.full",
    "hyper_synthesis.mean",
    "hyper_synthesis.log_scale",
];

/// Size of `y`, in quantization steps, below which there is no energy to tell.
const ENERGY_UNIT: f32 = 0.08;
/// Size of `y` below which its sign hardly matters.
const SIGN_UNIT: f32 = 0.5;

/// What hyper-analyses see of a latent: logarithms, `ln(1 + |y|/0.08)` and `ln(1 + |y|/0.5)` with the sign of
/// `y`, so that latents of channels and qualities that differ by orders of magnitude are told with the same
/// relative precision.
///
/// # Shapes
/// `[batch, latent, height, width]` to `[batch, 2·latent, height, width]`.
pub(super) fn logarithms<B: Backend>(latent: Tensor<B, 4>) -> Tensor<B, 4> {
    let size = latent.clone().abs();
    let energy = (size.clone() / ENERGY_UNIT).log1p();
    let signed = latent.sign() * (size / SIGN_UNIT).log1p();
    Tensor::cat(vec![energy, signed], 1)
}

/// What the hyper-latent says of each value of `y`.
#[derive(Debug, Clone)]
pub struct EntropyParameters<B: Backend> {
    /// Means, multiples of 1/16. `[batch, latent, height, width]`.
    pub mean: Tensor<B, 4>,
    /// Index of the scale over 8, from 0 to 63/8. `[batch, latent, height, width]`.
    pub log_scale: Tensor<B, 4>,
}

/// Hyper-latent to means and scale indices: exact, because the decoder's choice of tables hangs
/// on it.
///
/// ```text
/// ẑ, quality → 3×3, shuffle ↑2, ReLU → 3×3, (shuffle ↑2,) ReLU ─┬─ k×k → μ
///                                                               └─ k×k → scale index
/// ```
#[derive(Module, Debug)]
pub struct HyperSynthesis<B: Backend> {
    pub(super) half: ExactConv2d<B>,
    pub(super) full: ExactConv2d<B>,
    pub(super) mean: ExactConv2d<B>,
    pub(super) log_scale: ExactConv2d<B>,
}

/// Sizes of a [`HyperSynthesis`].
#[derive(Debug, Clone, Copy)]
pub(super) struct HyperSynthesisLayout {
    pub latent: usize,
    pub hyper: usize,
    /// Whether the latent has four times the size of the hyper-latent, a side, rather than twice.
    pub doubles_twice: bool,
    /// Side of the last layers' kernels.
    pub kernel: usize,
}

impl HyperSynthesisLayout {
    /// The network with weights as burn initializes them.
    pub fn init<B: Backend>(self, device: &B::Device) -> HyperSynthesis<B> {
        let hyper = self.hyper;
        let full = if self.doubles_twice { 4 * hyper } else { hyper };
        let last = |format| {
            ExactConv2dConfig::new(hyper, self.latent, HIDDEN, format)
                .with_kernel(self.kernel)
                .with_bound_gradient(BoundGradient::PushBack)
                .init(device)
        };
        HyperSynthesis {
            half: ExactConv2dConfig::new(hyper + 1, 4 * hyper, HYPER_LATENT, HIDDEN).init(device),
            full: ExactConv2dConfig::new(hyper, full, HIDDEN, HIDDEN).init(device),
            mean: last(MEAN),
            log_scale: last(LOG_SCALE),
        }
    }
}

impl<B: Backend> HyperSynthesis<B> {
    /// The transform with integer weights, computing exactly.
    pub(super) fn freeze(self) -> Self {
        Self {
            half: self.half.freeze(),
            full: self.full.freeze(),
            mean: self.mean.freeze(),
            log_scale: self.log_scale.freeze(),
        }
    }

    /// The trainable transform of a frozen one.
    pub(super) fn thaw(self) -> Self {
        Self {
            half: self.half.thaw(),
            full: self.full.thaw(),
            mean: self.mean.thaw(),
            log_scale: self.log_scale.thaw(),
        }
    }

    /// The transform with the integers of a weights file, as they are.
    pub(super) fn load(self, file: &WeightsFile) -> Result<Self, WeightsError> {
        let [half, full, mean, log_scale] = EXACT_LAYERS;
        Ok(Self {
            half: file.load_exact(half, self.half)?,
            full: file.load_exact(full, self.full)?,
            mean: file.load_exact(mean, self.mean)?,
            log_scale: file.load_exact(log_scale, self.log_scale)?,
        })
    }

    /// The exact layers with the names that they have in a weights file.
    pub fn exact_layers(&self) -> [(&'static str, &ExactConv2d<B>); 4] {
        let [half, full, mean, log_scale] = EXACT_LAYERS;
        [
            (half, &self.half),
            (full, &self.full),
            (mean, &self.mean),
            (log_scale, &self.log_scale),
        ]
    }
}

impl<B: ModelBackend> HyperSynthesis<B> {
    /// # Shapes
    /// `[batch, hyper, height, width]`, integers within ±127, to parameters of
    /// `[batch, latent, height·4, width·4]`, or twice the size a side.
    ///
    /// # Panics
    /// If there are not as many qualities as pictures.
    pub fn forward(
        &self,
        hyper_latent: Tensor<B, 4>,
        qualities: &[Quality],
    ) -> EntropyParameters<B> {
        let [_, full] = self.hidden(hyper_latent, qualities);
        EntropyParameters {
            mean: self.mean.forward(full.clone()),
            log_scale: self.log_scale.forward(full),
        }
    }

    /// What the second layer reads, and what the last ones read.
    pub(super) fn hidden(
        &self,
        hyper_latent: Tensor<B, 4>,
        qualities: &[Quality],
    ) -> [Tensor<B, 4>; 2] {
        let quality = quality_plane(&hyper_latent, qualities);
        let input = Tensor::cat(vec![hyper_latent, quality], 1);
        let half = pixel_shuffle(self.half.forward(input), 2);
        let mut full = self.full.forward(half.clone());
        let [channels_out, channels_in, ..] = self.full.weight_shape();
        if channels_out > channels_in {
            full = pixel_shuffle(full, 2);
        }
        [half, full]
    }
}
