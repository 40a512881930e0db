//! The encoder's search for better latents of one picture.

use burn::backend::Autodiff;
use burn::module::{AutodiffModule, Module};
use burn::tensor::{ElementConversion, Tensor};

use super::codec::QuantizedLatents;
use super::relaxation::{LogisticNoise, Relaxed, relax};
use super::{HyperpriorCodec, HyperpriorNetwork};
use crate::backend::ModelBackend;
use crate::families::rate_aware::Rounding;
use crate::families::symbols::from_integers;
use crate::layers::{Quality, crop};
use crate::priors::GaussianConditional;

/// What a bit is worth in squared quantization steps. At high rates it is `2·ln 2/12 = 0.116`: the
/// distortion of a step is a twelfth of its square, and a bit divides it by 4. Of the weights that ship,
/// with this number the λ that is measured is within 17 % of the λ that each level was trained at.
const SQUARE_PER_BIT: f64 = 0.12;
/// Half the length of a quantization step, as a deviation.
const PROBE: f32 = 0.29;
/// How steps go on from the first to the last one.
struct Schedule {
    temperatures: [f64; 2],
    /// Quantization steps that a step moves a latent by at first; a tenth of it at last.
    rate: f64,
    /// Share of the noise of stochastic annealing.
    noise: f32,
}

/// Steps from which on noise finds more than it costs.
const NOISY_STEPS: usize = 40;
/// Without noise: BD-rates on parts of three photos were −8.1 % with 12 steps, where half of the noise had
/// −3 % with 8 and −6.4 % with 20.
const SHORT: Schedule = Schedule {
    temperatures: [0.8, 0.3],
    rate: 0.03,
    noise: 0.0,
};
/// With half of the noise: −9.1 % with 60 steps, where none had −8.0 % and all of it −7.9 % in what was tried.
const LONG: Schedule = Schedule {
    temperatures: [0.7, 0.3],
    rate: 0.05,
    noise: 0.5,
};

/// A picture whose latents are searched, and what is known of it.
pub(super) struct LatentSearch<'a, B: ModelBackend> {
    codec: &'a HyperpriorCodec<B>,
    network: HyperpriorNetwork<Autodiff<B>>,
    picture: &'a Tensor<B, 4>,
    quality: Quality,
    /// Bits that a squared error of 1, of values from 0 to 1, is worth.
    bits_per_square: f64,
}

impl<'a, B: ModelBackend> LatentSearch<'a, B> {
    /// A search from latents `y`; none if the network does not answer to them in finite numbers.
    pub fn new(
        codec: &'a HyperpriorCodec<B>,
        picture: &'a Tensor<B, 4>,
        y: &Tensor<B, 4>,
        quality: Quality,
    ) -> Option<Self> {
        let bits_per_square = bits_per_square(codec.network(), y, quality)?;
        Some(Self {
            codec,
            network: HyperpriorNetwork::<Autodiff<B>>::from_inner(codec.network().clone())
                .no_grad(),
            picture,
            quality,
            bits_per_square,
        })
    }

    /// The best of `start` and of what so many steps find, by what a stream takes and a decoder shows.
    ///
    /// The hyper-latent stays: it is a hundredth of the bits, and moving it moves the grid of all other
    /// latents (steps on it made streams longer in every setting that was tried).
    pub fn best(
        &self,
        y: &Tensor<B, 4>,
        start: QuantizedLatents<B>,
        steps: usize,
    ) -> QuantizedLatents<B> {
        let found = self.descend(y.clone() - start.mean.clone(), &start, steps);
        let mut best = (self.cost(&start), start.clone());
        for rounding in [Rounding::Nearest, Rounding::RateAware] {
            let candidate = QuantizedLatents {
                symbols: self.codec.round(found.clone(), &start.tables, rounding),
                ..start.clone()
            };
            let cost = self.cost(&candidate);
            // A cost that is not finite is not below another.
            if cost < best.0 {
                best = (cost, candidate);
            }
        }
        best.1
    }

    /// Residuals after so many steps of Adam (Kingma, Ba, "Adam: A Method for Stochastic Optimization",
    /// 2015) on relaxed ones.
    fn descend(
        &self,
        mut residual: Tensor<B, 4>,
        start: &QuantizedLatents<B>,
        steps: usize,
    ) -> Tensor<B, 4> {
        let (decay, square_decay): (f64, f64) = (0.9, 0.999);
        let mut mean = residual.zeros_like();
        let mut square = residual.zeros_like();
        let schedule = if steps < NOISY_STEPS { SHORT } else { LONG };
        let [hot, cold] = schedule.temperatures;
        let mut noise = LogisticNoise::new(schedule.noise);
        for step in 0..steps {
            let share = step as f64 / (steps - 1).max(1) as f64;
            let temperature = hot * (cold / hot).powf(share);
            let rate = schedule.rate * (1.0 - 0.9 * share);
            let Relaxed { values, slopes } = relax(residual.clone(), temperature, &mut noise);
            let gradient = self.gradient(values, start) * slopes;
            mean = mean * decay + gradient.clone() * (1.0 - decay);
            square = square * square_decay + gradient.clone() * gradient * (1.0 - square_decay);
            let turn = step as f64 + 1.0;
            let deviation = (square.clone() / (1.0 - square_decay.powf(turn))).sqrt() + 1e-8;
            residual = residual - mean.clone() / deviation * (rate / (1.0 - decay.powf(turn)));
        }
        residual
    }

    /// The derivative of the cost at relaxed residuals.
    fn gradient(&self, values: Tensor<B, 4>, start: &QuantizedLatents<B>) -> Tensor<B, 4> {
        let residual = Tensor::<Autodiff<B>, 4>::from_inner(values).require_grad();
        let [_, _, height, width] = self.picture.dims();
        let y_hat = residual.clone() + Tensor::from_inner(start.mean.clone());
        let padded = self.network.reconstruct(y_hat, &[self.quality]);
        let decoded = crop(padded, height, width).clamp(0.0, 1.0);
        let error = decoded - Tensor::from_inner(self.picture.clone());
        let bits = GaussianConditional::default().bits(
            residual.clone(),
            residual.zeros_like(),
            Tensor::from_inner(start.log_scale.clone()),
        );
        let cost = (error.clone() * error).sum() * self.bits_per_square + bits.sum();
        let gradients = cost.backward();
        residual
            .grad(&gradients)
            .expect("the cost hangs on the residuals")
    }

    /// Bits of the residual's symbols, and what the decoder's error is worth in bits.
    pub fn cost(&self, latents: &QuantizedLatents<B>) -> f64 {
        let [_, _, height, width] = self.picture.dims();
        let padded = self
            .codec
            .network()
            .reconstruct(latents.y_hat(), &[self.quality]);
        let decoded = crop(padded, height, width).clamp(0.0, 1.0);
        let error = decoded - self.picture.clone();
        let squares: f64 = (error.clone() * error).sum().into_scalar().elem();
        self.codec.residual_bits(latents) + squares * self.bits_per_square
    }
}

/// What a squared error is worth in bits, so that a quantization step keeps its worth: the square of the
/// picture's change against that of a change of the latents, by a random sign each.
///
/// With the weights' own steps this is `λ·65025/3` of the level's training, within 17 % of it for the
/// weights that ship, without that a weights file would have to know λ.
fn bits_per_square<B: ModelBackend>(
    network: &HyperpriorNetwork<B>,
    y: &Tensor<B, 4>,
    quality: Quality,
) -> Option<f64> {
    let count = y.shape().num_elements();
    let signs: Vec<i32> = (0..count as u32).map(sign).collect();
    let change = from_integers::<B>(&signs, y.dims(), &y.device()) * PROBE;
    let picture = |y: Tensor<B, 4>| network.reconstruct(y, &[quality]);
    let difference = picture(y.clone() + change) - picture(y.clone());
    let squares: f64 = (difference.clone() * difference).sum().into_scalar().elem();
    let per_step = squares / (f64::from(PROBE).powi(2) * count as f64);
    let bits = 1.0 / (SQUARE_PER_BIT * per_step);
    (bits.is_finite() && bits > 0.0).then_some(bits)
}

/// A sign that looks random: a bit of a multiplicative hash.
fn sign(index: u32) -> i32 {
    let hash = (index ^ (index >> 15)).wrapping_mul(0x2c1b_3c6d);
    let hash = (hash ^ (hash >> 12)).wrapping_mul(0x297a_2d39);
    if hash >> 31 == 0 { 1 } else { -1 }
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use super::*;
    use crate::families::hyperprior::HyperpriorConfig;
    use crate::layers::GdnTransformConfig;
    use burn::backend::Flex;
    use burn::tensor::Distribution;

    fn codec() -> HyperpriorCodec<Flex> {
        let transform = GdnTransformConfig::new()
            .with_blocks(1)
            .with_hidden(8)
            .with_latent(8);
        let config = HyperpriorConfig::new()
            .with_transform(transform)
            .with_hyper(8);
        let network = config.init(&Default::default());
        HyperpriorCodec::freeze(config, network)
    }

    /// Of any weights, as these untrained ones; noise is what they are worst at.
    #[test]
    fn never_worse_than_the_start() {
        let codec = codec();
        let device = Default::default();
        for level in [0, 30, 63] {
            let quality = Quality::new(level).unwrap();
            let uniform = Distribution::Uniform(0.0, 1.0);
            let picture = Tensor::<Flex, 4>::random([1, 3, 40, 70], uniform, &device);
            let y = codec.network().scaled_latent(picture.clone(), &[quality]);
            let start = codec.quantize(&y, quality, Rounding::RateAware);
            let search = LatentSearch::new(&codec, &picture, &y, quality).unwrap();
            let before = search.cost(&start);
            let after = search.cost(&search.best(&y, start, 3));
            assert!(after <= before, "{level}: {after} above {before}");
        }
    }

    /// The transforms start as one that keeps squares, of 3 samples a pixel, and gains of 1.5 to 15: there
    /// λ is known.
    #[test]
    fn a_squared_error_is_worth_what_the_gains_say() {
        let transform = GdnTransformConfig::new().with_blocks(0).with_latent(768);
        let network = HyperpriorConfig::new()
            .with_transform(transform)
            .init::<Flex>(&Default::default());
        let device = Default::default();
        let y = Tensor::zeros([1, 768, 4, 4], &device);
        for (quality, gain) in [(Quality::MIN, 1.5), (Quality::MAX, 15.0)] {
            let bits = bits_per_square(&network, &y, quality).unwrap();
            let expected = gain * gain / SQUARE_PER_BIT;
            // A fiftieth of noise about the first weights adds a sixth to the squares of 768 channels.
            assert!((bits / expected - 1.0).abs() < 0.25, "{bits} {expected}");
        }
    }
}
