use burn::module::{Module, Param};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

use super::parameters::KNOTS;
use crate::families::hybrid::qualities::QualityMap;
use crate::families::hybrid::transform::{
    Coefficient, DETAIL_CHANNELS, LATENT_CHANNELS, detail_layout, group, latent_layout,
};
use crate::layers::{QUALITY_LEVELS, Quality, at_qualities};

/// Quantization steps of the latents and sizes of corrections, if there are any, learned at some qualities and
/// interpolated geometrically between them.
#[derive(Module, Debug)]
pub struct StepSizes<B: Backend> {
    latent: Param<Tensor<B, 2>>,
    correction: Option<Param<Tensor<B, 2>>>,
}

/// λ that the first and the last steps are best for, before training.
const START_LAMBDA: [f64; 2] = [0.0008, 0.32];

/// Units of a level in the decoder's integers.
pub(crate) const LEVEL_UNITS: i32 = 256;
/// Steps are clamped to these, in units of a level.
const STEP_RANGE: [f32; 2] = [16.0, 65_535.0];

/// The decoder's steps: integers, a row a quality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FrozenSteps {
    /// `[64, 384]`, in 1/256 of a level.
    pub latent: Vec<i32>,
    /// `[64, 96]`, in 1/256 of a level.
    pub correction: Option<Vec<i32>>,
}

/// What a quantization step of a plane is at a level: the mean of its coarsest coefficients' steps, in 1/256 of a
/// level of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlaneSteps {
    pub luma: i32,
    pub chroma: i32,
}

impl PlaneSteps {
    /// A step in levels of a sample.
    pub fn in_levels(step: i32) -> f32 {
        step as f32 / LEVEL_UNITS as f32
    }
}

/// Levels that the whitening of a detail coefficient divides by, as a power of two: about its
/// spread in natural pictures.
pub(super) fn whitening_bits(coefficient: Coefficient) -> u32 {
    if coefficient.row + coefficient.column == 0 {
        return if coefficient.plane == 0 { 9 } else { 6 };
    }
    // From 64 levels at the lowest frequency, an octave less for a doubling and a bit.
    let frequency = coefficient.frequency() / 2.0;
    (120.0 / (1.0 + 2.2 * frequency)).log2().round() as u32
}

/// [`whitening_bits`] of each channel of the refinement.
pub(super) fn whitening() -> [u32; DETAIL_CHANNELS] {
    let mut bits = [0; DETAIL_CHANNELS];
    for (bits, coefficient) in bits.iter_mut().zip(detail_layout()) {
        *bits = whitening_bits(coefficient);
    }
    bits
}

impl<B: Backend> StepSizes<B> {
    /// The steps that are best for Gaussian coefficients at a high rate: with `bits + λ·MSE`, a step
    /// of `√(6/ln 2 / λ)`.
    pub(super) fn init(refines: bool, device: &B::Device) -> Self {
        let log_step = |knot: usize| {
            let [lowest, highest] = START_LAMBDA;
            let lambda = lowest * (highest / lowest).powf(knot as f64 / (KNOTS - 1) as f64);
            (0.5 * (6.0 / std::f64::consts::LN_2 / lambda).ln()) as f32
        };
        let logs = |channels: usize| {
            let logs = (0..KNOTS).flat_map(|knot| std::iter::repeat_n(log_step(knot), channels));
            let data = TensorData::new(logs.collect::<Vec<_>>(), [KNOTS, channels]);
            Param::from_tensor(Tensor::from_data(data, device))
        };
        Self {
            latent: logs(LATENT_CHANNELS),
            correction: refines.then(|| logs(DETAIL_CHANNELS)),
        }
    }

    /// Steps of the latents in levels, `[qualities, 384, 1, 1]`.
    pub fn latent(&self, qualities: &[Quality]) -> Tensor<B, 4> {
        at_qualities(self.latent.val(), qualities).exp()
    }

    /// Units of corrections in levels, `[qualities, 96, 1, 1]`.
    pub fn correction(&self, qualities: &[Quality]) -> Option<Tensor<B, 4>> {
        let logs = self.correction.as_ref()?.val();
        Some(at_qualities(logs, qualities).exp())
    }

    /// The integers nearest to the steps.
    pub(super) fn freeze(&self) -> FrozenSteps {
        let qualities: Vec<Quality> = (0..QUALITY_LEVELS)
            .filter_map(|level| Quality::new(level).ok())
            .collect();
        let integers = |steps: Tensor<B, 4>| {
            let [low, high] = STEP_RANGE;
            let units = (steps * LEVEL_UNITS as f32).clamp(low, high).round();
            let units = units.into_data().convert::<f32>().to_vec::<f32>();
            let units = units.expect("converted to f32");
            units.into_iter().map(|unit| unit as i32).collect()
        };
        FrozenSteps {
            latent: integers(self.latent(&qualities)),
            correction: self.correction(&qualities).map(integers),
        }
    }
}

impl FrozenSteps {
    /// The step of each latent of a frame, channel by channel.
    pub fn of_latents(&self, map: &QualityMap) -> Vec<i32> {
        of_places(&self.latent, map.levels().values())
    }

    /// The step of each correction of a frame, of which a macroblock has two by two, channel by channel.
    pub fn of_corrections(&self, map: &QualityMap) -> Option<Vec<i32>> {
        let steps = self.correction.as_ref()?;
        Some(of_places(steps, &map.levels().of_quarters()))
    }

    /// What bits of each latent of a frame cost, channel by channel, see [`prices`](Self::prices); those of both
    /// chroma planes so many times as much.
    pub fn prices_of_latents(&self, map: &QualityMap, chroma: [f32; 2]) -> Vec<f32> {
        let levels = map.levels();
        let mut prices = vec![1.0; self.latent.len()];
        let mut known = vec![false; QUALITY_LEVELS.into()];
        for &level in levels.values() {
            if !std::mem::replace(&mut known[level], true) {
                prices[level * LATENT_CHANNELS..][..LATENT_CHANNELS]
                    .copy_from_slice(&self.prices(level));
            }
        }
        let mut prices = of_places(&prices, levels.values());
        let channels = prices.chunks_exact_mut(levels.values().len());
        for (channel, coefficient) in channels.zip(latent_layout()) {
            if coefficient.plane > 0 {
                let factor = chroma[coefficient.plane - 1];
                channel.iter_mut().for_each(|price| *price *= factor);
            }
        }
        prices
    }

    /// What bits of each latent channel cost, in squared steps of the channel over those of its plane's
    /// coarsest, and no less than those: so that a bit buys as much squared error everywhere in the plane,
    /// though steps become smaller. Inter frames gain by it; keyframes, whose steps are nearly equal, lose 0.6 %
    /// by themselves and nothing in streams (`docs/results.md`).
    fn prices(&self, level: usize) -> Vec<f32> {
        let steps = &self.latent[level * LATENT_CHANNELS..][..LATENT_CHANNELS];
        let coarsest = self.of_planes(level);
        let price = |(channel, &step): (usize, &i32)| {
            let coarsest = match latent_layout()[channel].plane {
                0 => coarsest.luma,
                _ => coarsest.chroma,
            };
            let ratio = coarsest as f32 / step as f32;
            ratio.powi(2).max(1.0)
        };
        steps.iter().enumerate().map(price).collect()
    }

    /// The steps of the planes at a level.
    pub fn of_planes(&self, level: usize) -> PlaneSteps {
        let steps = &self.latent[level * LATENT_CHANNELS..][..LATENT_CHANNELS];
        let mean = |is_chroma: bool| {
            let is_of_plane = |&channel: &usize| (latent_layout()[channel].plane > 0) == is_chroma;
            let of_plane: Vec<i32> = group(0).filter(is_of_plane).map(|c| steps[c]).collect();
            of_plane.iter().sum::<i32>() / of_plane.len() as i32
        };
        PlaneSteps {
            luma: mean(false),
            chroma: mean(true),
        }
    }

    /// Whether all steps are in the range that the decoder's arithmetic is made for.
    pub fn in_range(&self) -> bool {
        let [low, high] = STEP_RANGE.map(|limit| limit as i32);
        let all = self.latent.iter().chain(self.correction.iter().flatten());
        all.into_iter().all(|step| (low..=high).contains(step))
    }
}

/// Of a row a level, the value of each channel at each place, channel by channel.
fn of_places<T: Copy>(rows: &[T], levels: &[usize]) -> Vec<T> {
    let channels = rows.len() / usize::from(QUALITY_LEVELS);
    let mut values = Vec::with_capacity(channels * levels.len());
    for channel in 0..channels {
        values.extend(levels.iter().map(|level| rows[level * channels + channel]));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::Flex;

    #[test]
    fn steps_fall_with_the_quality_and_are_in_range() {
        let frozen = StepSizes::<Flex>::init(true, &Default::default()).freeze();
        assert!(frozen.in_range());
        let first = |level| {
            let map = QualityMap::uniform(Quality::new(level).unwrap(), [1, 1]);
            frozen.of_latents(&map)[0]
        };
        let steps: Vec<i32> = (0..QUALITY_LEVELS).map(first).collect();
        assert!(steps.is_sorted_by(|a, b| a > b), "{steps:?}");
        let wider = QualityMap::uniform(Quality::new(9).unwrap(), [1, 3]).with_offsets(vec![0, 1]);
        let found = frozen.of_latents(&wider);
        assert_eq!(found[..3], [steps[9], steps[9], steps[13]]);
        let found = frozen.of_corrections(&wider).unwrap();
        let [first, second] =
            [9, 13].map(|level| frozen.correction.as_ref().unwrap()[level * DETAIL_CHANNELS]);
        let line = [first, first, first, first, second, second];
        assert_eq!(found[..12], line.repeat(2));
    }

    #[test]
    fn bits_of_small_steps_cost_more_of_them() {
        let mut frozen = StepSizes::<Flex>::init(true, &Default::default()).freeze();
        assert!(frozen.prices(0).iter().all(|&price| price == 1.0));
        frozen.latent[LATENT_CHANNELS - 1] /= 2;
        let last = frozen.prices(0)[LATENT_CHANNELS - 1];
        assert!((last - 4.0).abs() < 0.01, "{last}");
    }

    #[test]
    fn whitening_follows_the_spectrum() {
        let bits = whitening();
        assert_eq!((bits[0], bits[64]), (9, 6));
        assert!(bits.iter().all(|bits| (1..=9).contains(bits)), "{bits:?}");
    }
}
