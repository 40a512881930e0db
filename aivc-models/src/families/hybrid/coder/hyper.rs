//! The hyper-latent `z` at a quarter of the latent's size: it tells what prediction and earlier
//! latents cannot.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::activation::leaky_relu;
use burn::tensor::backend::Backend;

use super::FrameCoderConfig;
use super::parameters::KNOTS;
use crate::backend::ModelBackend;
use crate::families::hybrid::formats::{HIDDEN, HYPER_LATENT};
use crate::families::hybrid::qualities::Qualities;
use crate::families::hybrid::transform::LATENT_CHANNELS;
use crate::layers::{
    EdgeConv2d, EdgeConv2dConfig, EnergyStart, ExactConv2d, ExactConv2dConfig, Quality,
    at_qualities, crop, pad_to_multiple, pixel_shuffle,
};
use crate::priors::SCALE_INDEX_FRACTION_BITS;

/// Factor between latent and hyper-latent.
pub const HYPER_FACTOR: usize = 4;
const SLOPE: f64 = 0.1;
/// Size of `y`, in quantization steps, below which there is no energy to tell.
const ENERGY_UNIT: f32 = 0.08;
/// Size of `y` below which its sign hardly matters.
const SIGN_UNIT: f32 = 0.5;
/// Units of ẑ a nat of energy.
const HYPER_SCALE: f32 = 1.5;
/// Where the prior's means and scales start, in units of ẑ.
const PRIOR_MEAN: f32 = 2.0 * HYPER_SCALE;
const PRIOR_INDEX: f32 = 22.0;

/// Latent to hyper-latent. Runs in the encoder only, so it need not be exact.
#[derive(Module, Debug)]
pub struct HyperAnalysis<B: Backend> {
    full: EdgeConv2d<B>,
    half: EdgeConv2d<B>,
    quarter: EdgeConv2d<B>,
}

/// Distribution of each channel of ẑ at each quality: a mean and an index of the Gaussian tables.
#[derive(Module, Debug)]
pub struct HyperPrior<B: Backend> {
    mean: Param<Tensor<B, 2>>,
    log_scale: Param<Tensor<B, 2>>,
}

/// Hyper-latent to what is known of each macroblock; exact.
#[derive(Module, Debug)]
pub struct HyperSynthesis<B: Backend> {
    half: ExactConv2d<B>,
    full: ExactConv2d<B>,
}

/// All of the hyper-latent.
#[derive(Module, Debug)]
pub struct HyperLatent<B: Backend> {
    pub(super) analysis: HyperAnalysis<B>,
    pub(super) prior: HyperPrior<B>,
    pub(super) synthesis: HyperSynthesis<B>,
}

impl FrameCoderConfig {
    /// None without channels.
    pub(super) fn init_hyper<B: Backend>(&self, device: &B::Device) -> Option<HyperLatent<B>> {
        (self.hyper > 0).then(|| HyperLatent {
            analysis: self.init_analysis_of_hyper(device),
            prior: self.init_prior(device),
            synthesis: self.init_synthesis(device),
        })
    }

    fn energy_start(&self) -> EnergyStart {
        EnergyStart {
            latent: LATENT_CHANNELS,
            hyper: self.hyper,
        }
    }

    fn init_analysis_of_hyper<B: Backend>(&self, device: &B::Device) -> HyperAnalysis<B> {
        let start = self.energy_start();
        let context = if self.predicts { self.context } else { 0 };
        let inputs = 2 * LATENT_CHANNELS + 1 + context;
        let pool = || {
            EdgeConv2dConfig::new(self.hyper, self.hyper)
                .with_kernel(5)
                .with_stride(2)
                .init(device)
                .starting_at(&start.pool_area())
        };
        HyperAnalysis {
            full: EdgeConv2dConfig::new(inputs, self.hyper)
                .init(device)
                .starting_at(&start.pool_channels(inputs)),
            half: pool(),
            quarter: pool(),
        }
    }

    fn init_prior<B: Backend>(&self, device: &B::Device) -> HyperPrior<B> {
        let knots =
            |value: f32| Param::from_tensor(Tensor::full([KNOTS, self.hyper], value, device));
        HyperPrior {
            mean: knots(PRIOR_MEAN),
            log_scale: knots(PRIOR_INDEX / (1 << SCALE_INDEX_FRACTION_BITS) as f32),
        }
    }

    fn init_synthesis<B: Backend>(&self, device: &B::Device) -> HyperSynthesis<B> {
        let start = self.energy_start();
        let zeros = vec![0.0; 4 * self.hyper];
        HyperSynthesis {
            half: ExactConv2dConfig::new(self.hyper + 1, 4 * self.hyper, HYPER_LATENT, HIDDEN)
                .init(device)
                .starting_at(
                    &start.spread_area(self.hyper + 1, 1.0 / HYPER_SCALE),
                    &zeros,
                ),
            full: ExactConv2dConfig::new(self.hyper, 4 * self.hyper, HIDDEN, HIDDEN)
                .init(device)
                .starting_at(&start.spread_area(self.hyper, 1.0), &zeros),
        }
    }
}

impl<B: Backend> HyperAnalysis<B> {
    /// # Shapes
    /// The latent `[batch, 384, height, width]` in steps and what else is known there, to
    /// `[batch, hyper, ⌈height/4⌉, ⌈width/4⌉]`.
    pub fn forward(&self, latent: Tensor<B, 4>, known: Vec<Tensor<B, 4>>) -> Tensor<B, 4> {
        let size = latent.clone().abs();
        let energy = (size.clone() / ENERGY_UNIT).log1p();
        let signed = latent.sign() * (size / SIGN_UNIT).log1p();
        let mut inputs = vec![energy, signed];
        inputs.extend(known);
        let full = self.full.forward(Tensor::cat(inputs, 1));
        let full = pad_to_multiple(full, HYPER_FACTOR);
        let half = self.half.forward(leaky_relu(full, SLOPE));
        self.quarter.forward(leaky_relu(half, SLOPE)) * HYPER_SCALE
    }
}

impl<B: Backend> HyperPrior<B> {
    /// Means, in units of ẑ. `[qualities, hyper, 1, 1]`.
    pub fn mean(&self, qualities: &[Quality]) -> Tensor<B, 4> {
        at_qualities(self.mean.val(), qualities)
    }

    /// Log-scales: an eighth is a table. `[qualities, hyper, 1, 1]`.
    pub fn log_scale(&self, qualities: &[Quality]) -> Tensor<B, 4> {
        at_qualities(self.log_scale.val(), qualities)
    }
}

impl<B: Backend> HyperSynthesis<B> {
    pub(super) fn exact_layers(&self) -> [(&'static str, &ExactConv2d<B>); 2] {
        [
            ("hyper.synthesis.half", &self.half),
            ("hyper.synthesis.full", &self.full),
        ]
    }

    pub(super) fn map_exact<E>(
        self,
        map: &mut impl FnMut(&str, ExactConv2d<B>) -> Result<ExactConv2d<B>, E>,
    ) -> Result<Self, E> {
        Ok(Self {
            half: map("hyper.synthesis.half", self.half)?,
            full: map("hyper.synthesis.full", self.full)?,
        })
    }
}

impl<B: ModelBackend> HyperSynthesis<B> {
    /// # Shapes
    /// `[batch, hyper, ⌈height/4⌉, ⌈width/4⌉]`, integers, to `[batch, hyper, height, width]`.
    pub(crate) fn forward(
        &self,
        hyper_latent: Tensor<B, 4>,
        qualities: Qualities<'_>,
        [height, width]: [usize; 2],
    ) -> Tensor<B, 4> {
        // In whole units here, where other layers have sixteenths.
        let quality = qualities.plane(&hyper_latent) * 16.0;
        let input = Tensor::cat(vec![hyper_latent, quality], 1);
        let half = pixel_shuffle(self.half.forward(input), 2);
        let full = pixel_shuffle(self.full.forward(half), 2);
        crop(full, height, width)
    }
}
