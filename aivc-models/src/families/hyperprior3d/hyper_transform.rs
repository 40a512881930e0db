//! The transforms between the latent of a group and its hyper-latent at half the size.
//!
//! Frequencies of time are folded into channels, the lowest first: each has the channels of a
//! picture's latent, the strongest first.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::leaky_relu;
use burn::tensor::backend::Backend;

use super::{GROUP_FRAMES, Hyperprior3dConfig};
use crate::families::hyper_synthesis::{HyperSynthesis, HyperSynthesisLayout, logarithms};
use crate::layers::{EdgeConv2d, EdgeConv2dConfig, EnergyStart, HYPER_SCALE, LOG_SCALE_OFFSET};

const SLOPE: f64 = 0.01;
/// Share of burn's initialization that the means start with: nearly none.
const MEAN_SHARE: f32 = 0.05;

/// Latent to hyper-latent. Runs in the encoder only, so it need not be exact.
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
        let full = self.full.forward(logarithms(latent));
        self.half.forward(leaky_relu(full, SLOPE)) * HYPER_SCALE
    }
}

pub(super) fn init_hyper_synthesis<B: Backend>(
    config: &Hyperprior3dConfig,
    device: &B::Device,
) -> HyperSynthesis<B> {
    let (latent, hyper) = (config.latent(), config.hyper);
    let start = EnergyStart { latent, hyper };
    let zeros = |count| vec![0.0; count];
    let keep = EnergyStart {
        latent: hyper,
        hyper,
    };
    let layout = HyperSynthesisLayout {
        latent,
        hyper,
        doubles_twice: false,
        kernel: 1,
    };
    let random = layout.init(device);
    HyperSynthesis {
        half: random.half.starting_at(
            &start.spread_area(hyper + 1, 1.0 / HYPER_SCALE),
            &zeros(4 * hyper),
        ),
        full: random
            .full
            .starting_at(&keep.spread_channels(hyper, 3), &zeros(hyper)),
        mean: random.mean.scaled(MEAN_SHARE),
        log_scale: random.log_scale.starting_at(
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
