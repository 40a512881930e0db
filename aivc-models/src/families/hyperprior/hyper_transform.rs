//! The transforms between the latent `y` and the hyper-latent `z` at a quarter of its size.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::leaky_relu;
use burn::tensor::backend::Backend;

use crate::backend::ModelBackend;
use crate::layers::{
    ActivationFormat, BoundGradient, EdgeConv2d, EdgeConv2dConfig, EnergyStart, ExactConv2d,
    ExactConv2dConfig, HYPER_SCALE, LOG_SCALE_OFFSET, Quality, pixel_shuffle, quality_plane,
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

const SLOPE: f64 = 0.01;
/// Size of `y`, in quantization steps, below which there is no energy to tell.
const ENERGY_UNIT: f32 = 0.08;
/// Size of `y` below which its sign hardly matters.
const SIGN_UNIT: f32 = 0.5;

/// Latent to hyper-latent. Runs in the encoder only, so it need not be exact.
///
/// The network sees logarithms, `ln(1 + |y|/0.08)` and `ln(1 + |y|/0.5)` with the sign of `y`, so
/// that latents of channels and qualities that differ by orders of magnitude are told with the same
/// relative precision.
#[derive(Module, Debug)]
pub struct HyperAnalysisTransform<B: Backend> {
    full: EdgeConv2d<B>,
    half: EdgeConv2d<B>,
    quarter: EdgeConv2d<B>,
}

pub(super) fn init_hyper_analysis<B: Backend>(
    latent: usize,
    hyper: usize,
    device: &B::Device,
) -> HyperAnalysisTransform<B> {
    let start = EnergyStart { latent, hyper };
    HyperAnalysisTransform {
        full: EdgeConv2dConfig::new(2 * latent, hyper)
            .init(device)
            .starting_at(&start.pool_channels(2 * latent)),
        half: EdgeConv2dConfig::new(hyper, hyper)
            .with_kernel(5)
            .with_stride(2)
            .init(device)
            .starting_at(&start.pool_area()),
        quarter: EdgeConv2dConfig::new(hyper, hyper)
            .with_kernel(5)
            .with_stride(2)
            .init(device)
            .starting_at(&start.pool_area()),
    }
}

impl<B: Backend> HyperAnalysisTransform<B> {
    /// # Shapes
    /// `[batch, latent, height, width]` to `[batch, hyper, height/4, width/4]`.
    pub fn forward(&self, latent: Tensor<B, 4>) -> Tensor<B, 4> {
        let size = latent.clone().abs();
        let energy = (size.clone() / ENERGY_UNIT).log1p();
        let signed = latent.sign() * (size / SIGN_UNIT).log1p();
        let full = self.full.forward(Tensor::cat(vec![energy, signed], 1));
        let half = self.half.forward(leaky_relu(full, SLOPE));
        self.quarter.forward(leaky_relu(half, SLOPE)) * HYPER_SCALE
    }
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
/// ẑ, quality → 3×3, shuffle ↑2, ReLU → 3×3, shuffle ↑2, ReLU ─┬─ 3×3 → μ
///                                                             └─ 3×3 → scale index
/// ```
#[derive(Module, Debug)]
pub struct HyperSynthesisTransform<B: Backend> {
    half: ExactConv2d<B>,
    full: ExactConv2d<B>,
    mean: ExactConv2d<B>,
    log_scale: ExactConv2d<B>,
}

pub(super) fn init_hyper_synthesis<B: Backend>(
    latent: usize,
    hyper: usize,
    device: &B::Device,
) -> HyperSynthesisTransform<B> {
    let start = EnergyStart { latent, hyper };
    let zeros = |count| vec![0.0; count];
    HyperSynthesisTransform {
        half: ExactConv2dConfig::new(hyper + 1, 4 * hyper, HYPER_LATENT, HIDDEN)
            .init(device)
            .starting_at(
                &start.spread_area(hyper + 1, 1.0 / HYPER_SCALE),
                &zeros(4 * hyper),
            ),
        full: ExactConv2dConfig::new(hyper, 4 * hyper, HIDDEN, HIDDEN)
            .init(device)
            .starting_at(&start.spread_area(hyper, 1.0), &zeros(4 * hyper)),
        mean: ExactConv2dConfig::new(hyper, latent, HIDDEN, MEAN)
            .with_bound_gradient(BoundGradient::PushBack)
            .init(device),
        log_scale: ExactConv2dConfig::new(hyper, latent, HIDDEN, LOG_SCALE)
            .with_bound_gradient(BoundGradient::PushBack)
            .init(device)
            .starting_at(
                &start.spread_channels(hyper, 3),
                &vec![LOG_SCALE_OFFSET; latent],
            ),
    }
}

impl<B: Backend> HyperSynthesisTransform<B> {
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

impl<B: ModelBackend> HyperSynthesisTransform<B> {
    /// # Shapes
    /// `[batch, hyper, height, width]`, integers within ±127, to parameters of
    /// `[batch, latent, height·4, width·4]`.
    ///
    /// # Panics
    /// If there are not as many qualities as pictures.
    pub fn forward(
        &self,
        hyper_latent: Tensor<B, 4>,
        qualities: &[Quality],
    ) -> EntropyParameters<B> {
        let quality = quality_plane(&hyper_latent, qualities);
        let input = Tensor::cat(vec![hyper_latent, quality], 1);
        let half = pixel_shuffle(self.half.forward(input), 2);
        let full = pixel_shuffle(self.full.forward(half), 2);
        EntropyParameters {
            mean: self.mean.forward(full.clone()),
            log_scale: self.log_scale.forward(full),
        }
    }
}
