//! The transforms between the latent of a group and its hyper-latent at half the size.
//!
//! Frequencies of time are folded into channels, the lowest first: each has the channels of a
//! picture's latent, the strongest first.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::leaky_relu;
use burn::tensor::backend::Backend;

use super::{GROUP_FRAMES, Hyperprior3dConfig};
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
/// Share of burn's initialization that the means start with: nearly none.
const MEAN_SHARE: f32 = 0.05;

/// Latent to hyper-latent. Runs in the encoder only, so it need not be exact. It sees logarithms, as
/// that of the picture hyperprior does.
#[derive(Module, Debug)]
pub struct GroupHyperAnalysis<B: Backend> {
    full: EdgeConv2d<B>,
    half: EdgeConv2d<B>,
}

pub(super) fn init_hyper_analysis<B: Backend>(
    config: &Hyperprior3dConfig,
    device: &B::Device,
) -> GroupHyperAnalysis<B> {
    let (latent, hyper) = (config.latent(), config.hyper);
    let start = EnergyStart { latent, hyper };
    GroupHyperAnalysis {
        full: EdgeConv2dConfig::new(2 * latent, hyper)
            .with_kernel(1)
            .init(device)
            .starting_at(&start.pool_channels_by(2 * latent, 1)),
        half: EdgeConv2dConfig::new(hyper, hyper)
            .with_kernel(5)
            .with_stride(2)
            .init(device)
            .starting_at(&start.pool_area()),
    }
}

impl<B: Backend> GroupHyperAnalysis<B> {
    /// # Shapes
    /// `[groups, latent, height, width]` to `[groups, hyper, height/2, width/2]`.
    pub fn forward(&self, latent: Tensor<B, 4>) -> Tensor<B, 4> {
        let size = latent.clone().abs();
        let energy = (size.clone() / ENERGY_UNIT).log1p();
        let signed = latent.sign() * (size / SIGN_UNIT).log1p();
        let full = self.full.forward(Tensor::cat(vec![energy, signed], 1));
        self.half.forward(leaky_relu(full, SLOPE)) * HYPER_SCALE
    }
}

/// What the hyper-latent says of each value of a group's latent.
#[derive(Debug, Clone)]
pub struct GroupEntropyParameters<B: Backend> {
    /// Means, multiples of 1/16. `[groups, latent, height, width]`.
    pub mean: Tensor<B, 4>,
    /// Index of the scale over 8, from 0 to 63/8. `[groups, latent, height, width]`.
    pub log_scale: Tensor<B, 4>,
}

/// Hyper-latent to means and scale indices: exact, because the decoder's choice of tables hangs
/// on it.
///
/// ```text
/// ẑ, quality → 3×3, shuffle ↑2, ReLU → 3×3, ReLU ─┬─ 1×1 → μ
///                                                 └─ 1×1 → scale index
/// ```
#[derive(Module, Debug)]
pub struct GroupHyperSynthesis<B: Backend> {
    half: ExactConv2d<B>,
    full: ExactConv2d<B>,
    mean: ExactConv2d<B>,
    log_scale: ExactConv2d<B>,
}

pub(super) fn init_hyper_synthesis<B: Backend>(
    config: &Hyperprior3dConfig,
    device: &B::Device,
) -> GroupHyperSynthesis<B> {
    let (latent, hyper) = (config.latent(), config.hyper);
    let start = EnergyStart { latent, hyper };
    let zeros = |count| vec![0.0; count];
    let keep = EnergyStart {
        latent: hyper,
        hyper,
    };
    GroupHyperSynthesis {
        half: ExactConv2dConfig::new(hyper + 1, 4 * hyper, HYPER_LATENT, HIDDEN)
            .init(device)
            .starting_at(
                &start.spread_area(hyper + 1, 1.0 / HYPER_SCALE),
                &zeros(4 * hyper),
            ),
        full: ExactConv2dConfig::new(hyper, hyper, HIDDEN, HIDDEN)
            .init(device)
            .starting_at(&keep.spread_channels(hyper, 3), &zeros(hyper)),
        mean: ExactConv2dConfig::new(hyper, latent, HIDDEN, MEAN)
            .with_kernel(1)
            .with_bound_gradient(BoundGradient::PushBack)
            .init(device)
            .scaled(MEAN_SHARE),
        log_scale: ExactConv2dConfig::new(hyper, latent, HIDDEN, LOG_SCALE)
            .with_kernel(1)
            .with_bound_gradient(BoundGradient::PushBack)
            .init(device)
            .starting_at(
                &start.spread_channels(hyper, 1),
                &log_scale_start(config, &start),
            ),
    }
}

/// How much stronger than the rest of its group a channel is in photographs, in nats, about the
/// log-scale that the group's energy says.
fn log_scale_start(config: &Hyperprior3dConfig, start: &EnergyStart) -> Vec<f32> {
    let units = config.transform.latent_units();
    let log_unit = |channel: usize| units[channel % units.len()].ln() as f32;
    let channels = GROUP_FRAMES * units.len();
    let (mut sums, mut sizes) = (vec![0.0; start.hyper], vec![0.0; start.hyper]);
    for channel in 0..channels {
        sums[start.group(channel)] += log_unit(channel);
        sizes[start.group(channel)] += 1.0;
    }
    let bias = |channel: usize| {
        let group = start.group(channel);
        LOG_SCALE_OFFSET + log_unit(channel) - sums[group] / sizes[group]
    };
    (0..channels).map(bias).collect()
}

impl<B: Backend> GroupHyperSynthesis<B> {
    /// The trainable transform of a frozen one.
    pub(super) fn thaw(self) -> Self {
        Self {
            half: self.half.thaw(),
            full: self.full.thaw(),
            mean: self.mean.thaw(),
            log_scale: self.log_scale.thaw(),
        }
    }

    /// The transform with integer weights, computing exactly.
    pub(super) fn freeze(self) -> Self {
        Self {
            half: self.half.freeze(),
            full: self.full.freeze(),
            mean: self.mean.freeze(),
            log_scale: self.log_scale.freeze(),
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

impl<B: ModelBackend> GroupHyperSynthesis<B> {
    /// # Shapes
    /// `[groups, hyper, height, width]`, integers within ±127, to parameters of
    /// `[groups, latent, height·2, width·2]`.
    ///
    /// # Panics
    /// If there are not as many qualities as groups.
    pub fn forward(
        &self,
        hyper_latent: Tensor<B, 4>,
        qualities: &[Quality],
    ) -> GroupEntropyParameters<B> {
        let quality = quality_plane(&hyper_latent, qualities);
        let input = Tensor::cat(vec![hyper_latent, quality], 1);
        let half = pixel_shuffle(self.half.forward(input), 2);
        let full = self.full.forward(half);
        GroupEntropyParameters {
            mean: self.mean.forward(full.clone()),
            log_scale: self.log_scale.forward(full),
        }
    }
}
