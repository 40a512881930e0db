use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use thiserror::Error;

use super::convolution::restarted;

/// Number of quality levels of a variable-rate model.
pub const QUALITY_LEVELS: u8 = 64;

/// A quality level, 0 (smallest) to 63 (best).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quality(u8);

/// A quality level that does not exist.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error("quality {0} is out of range 0..=63")]
pub struct QualityError(pub u32);

impl Quality {
    /// The lowest level.
    pub const MIN: Self = Self(0);
    /// The highest level.
    pub const MAX: Self = Self(QUALITY_LEVELS - 1);

    /// # Errors
    /// [`QualityError`] above 63.
    pub fn new(level: u8) -> Result<Self, QualityError> {
        if level < QUALITY_LEVELS {
            Ok(Self(level))
        } else {
            Err(QualityError(level.into()))
        }
    }

    /// The level, 0 to 63.
    pub fn level(self) -> u8 {
        self.0
    }

    /// The level as a share of the range, 0 to 1.
    pub fn fraction(self) -> f64 {
        f64::from(self.0) / f64::from(QUALITY_LEVELS - 1)
    }
}

/// Configuration of a [`QualityGain`].
#[derive(Config, Debug)]
pub struct QualityGainConfig {
    /// Number of latent channels.
    pub channels: usize,
    /// Learned vectors; levels between two of them are interpolated.
    #[config(default = 8)]
    pub knots: usize,
    /// Gain at quality 0 before training.
    #[config(default = 1.5)]
    pub lowest: f64,
    /// Gain at quality 63 before training.
    #[config(default = 15.0)]
    pub highest: f64,
}

/// Learned gains per channel and quality: one model for every rate.
///
/// The latent is multiplied by a gain before quantization and by an inverse gain (learned on its
/// own) after it, which sets the quantization step of each channel. Gains of neighbouring levels
/// are interpolated geometrically. Source: Cui et al., "Asymmetric Gained Deep Image Compression
/// With Continuous Rate Adaptation", 2021.
#[derive(Module, Debug)]
pub struct QualityGain<B: Backend> {
    log_gain: Param<Tensor<B, 2>>,
    log_inverse: Param<Tensor<B, 2>>,
}

impl QualityGainConfig {
    /// Gains that rise geometrically from `lowest` to `highest`, times the unit of each channel.
    ///
    /// # Panics
    /// If there are not as many units as channels.
    pub fn init<B: Backend>(&self, units: &[f64], device: &B::Device) -> QualityGain<B> {
        assert_eq!(units.len(), self.channels, "one unit a channel");
        let step = (self.highest / self.lowest).ln() / (self.knots - 1) as f64;
        let knot = |knot: usize| self.lowest.ln() + step * knot as f64;
        let logs: Vec<f32> = (0..self.knots)
            .flat_map(|index| {
                units
                    .iter()
                    .map(move |unit| (unit.ln() + knot(index)) as f32)
            })
            .collect();
        let gain = Tensor::from_data(TensorData::new(logs, [self.knots, self.channels]), device);
        QualityGain {
            log_gain: Param::from_tensor(gain.clone()),
            log_inverse: Param::from_tensor(-gain),
        }
    }
}

impl<B: Backend> QualityGain<B> {
    /// The gains of `times` times as many channels, the same for each repetition.
    pub(crate) fn repeated(self, times: usize) -> Self {
        let repeat = |gain: &Param<Tensor<B, 2>>| restarted(gain, |g| g.repeat_dim(1, times));
        Self {
            log_gain: repeat(&self.log_gain),
            log_inverse: repeat(&self.log_inverse),
        }
    }

    /// The factors before quantization, one picture a quality.
    ///
    /// # Shapes
    /// `[qualities, channels, 1, 1]`.
    pub fn gain(&self, qualities: &[Quality]) -> Tensor<B, 4> {
        at_qualities(self.log_gain.val(), qualities).exp()
    }

    /// The factors after quantization, one picture a quality.
    ///
    /// # Shapes
    /// `[qualities, channels, 1, 1]`.
    pub fn inverse(&self, qualities: &[Quality]) -> Tensor<B, 4> {
        at_qualities(self.log_inverse.val(), qualities).exp()
    }
}

/// Vectors that are given at evenly spaced qualities, interpolated.
///
/// # Shapes
/// `[knots, channels]` to `[qualities, channels, 1, 1]`.
pub(crate) fn at_qualities<B: Backend>(
    vectors: Tensor<B, 2>,
    qualities: &[Quality],
) -> Tensor<B, 4> {
    let [knots, channels] = vectors.dims();
    let mut weights = vec![0f32; qualities.len() * knots];
    for (row, quality) in weights.chunks_exact_mut(knots).zip(qualities) {
        let position = quality.fraction() * (knots - 1) as f64;
        let knot = (position as usize).min(knots - 2);
        let share = (position - knot as f64) as f32;
        row[knot] = 1.0 - share;
        row[knot + 1] = share;
    }
    let weights = Tensor::<B, 2>::from_data(
        TensorData::new(weights, [qualities.len(), knots]),
        &vectors.device(),
    );
    weights
        .matmul(vectors)
        .reshape([qualities.len(), channels, 1, 1])
}

/// A channel that tells the quality, from −63 to 63: scales move with it, whatever ẑ says.
pub(crate) fn quality_plane<B: Backend>(
    hyper_latent: &Tensor<B, 4>,
    qualities: &[Quality],
) -> Tensor<B, 4> {
    let [batch, _, height, width] = hyper_latent.dims();
    assert_eq!(batch, qualities.len(), "one quality a picture");
    let levels: Vec<f32> = qualities
        .iter()
        .map(|quality| 2.0 * f32::from(quality.level()) - 63.0)
        .collect();
    Tensor::<B, 1>::from_floats(levels.as_slice(), &hyper_latent.device())
        .reshape([batch, 1, 1, 1])
        .expand([batch, 1, height, width])
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::Flex;

    #[test]
    fn gains_start_geometric_and_their_inverses_undo_them() {
        let device = Default::default();
        let gains = QualityGainConfig::new(2)
            .with_lowest(0.5)
            .with_highest(8.0)
            .init::<Flex>(&[1.0, 1.0], &device);
        let qualities = [0, 21, 63].map(|level| Quality::new(level).unwrap());
        let gain = gains.gain(&qualities);
        let values = gain.to_data().to_vec::<f32>().unwrap();
        // 21 of 63 is a third of the way: 0.5·16^(1/3).
        for (value, expected) in values.chunks(2).zip([0.5, 0.5 * 16f32.cbrt(), 8.0]) {
            assert!(
                value.iter().all(|v| (v / expected - 1.0).abs() < 1e-5),
                "{value:?} {expected}"
            );
        }
        let product = (gain * gains.inverse(&qualities))
            .into_data()
            .to_vec::<f32>()
            .unwrap();
        assert!(product.iter().all(|v| (v - 1.0).abs() < 1e-5));
    }

    #[test]
    fn a_level_beyond_63_is_refused() {
        assert_eq!(Quality::new(64), Err(QualityError(64)));
    }
}
