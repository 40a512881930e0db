//! The transforms between the latent `y` and the hyper-latent `z` at a quarter of its size.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::leaky_relu;
use burn::tensor::backend::Backend;

use crate::families::hyper_synthesis::{HyperSynthesis, HyperSynthesisLayout, logarithms};
use crate::layers::{EdgeConv2d, EdgeConv2dConfig, EnergyStart, HYPER_SCALE, LOG_SCALE_OFFSET};

const SLOPE: f64 = 0.01;
/// Latent to hyper-latent. Runs in the encoder only, so it need not be exact.
#[derive(Module, Debug)]
pub struct HyperAnalysisTransform<B: Backend> {
    pub(super) full: EdgeConv2d<B>,
    pub(super) half: EdgeConv2d<B>,
    pub(super) quarter: EdgeConv2d<B>,
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
        let [_, half] = self.hidden(latent);
        self.quarter.forward(half) * HYPER_SCALE
    }

    /// What the second layer reads, and what the last one reads.
    pub(super) fn hidden(&self, latent: Tensor<B, 4>) -> [Tensor<B, 4>; 2] {
        let full = leaky_relu(self.full.forward(logarithms(latent)), SLOPE);
        let half = leaky_relu(self.half.forward(full.clone()), SLOPE);
        [full, half]
    }
}

pub(super) fn init_hyper_synthesis<B: Backend>(
    latent: usize,
    hyper: usize,
    device: &B::Device,
) -> HyperSynthesis<B> {
    let start = EnergyStart { latent, hyper };
    let zeros = |count| vec![0.0; count];
    let layout = HyperSynthesisLayout {
        latent,
        hyper,
        doubles_twice: true,
        kernel: 3,
    };
    let random = layout.init(device);
    HyperSynthesis {
        half: random.half.starting_at(
            &start.spread_area(hyper + 1, 1.0 / HYPER_SCALE),
            &zeros(4 * hyper),
        ),
        full: random
            .full
            .starting_at(&start.spread_area(hyper, 1.0), &zeros(4 * hyper)),
        mean: random.mean,
        log_scale: random.log_scale.starting_at(
            &start.spread_channels(hyper, 3),
            &vec![LOG_SCALE_OFFSET; latent],
        ),
    }
}
