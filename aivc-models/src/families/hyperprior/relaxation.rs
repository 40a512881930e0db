//! Rounding made smooth, for the encoder's search.

use burn::tensor::activation::sigmoid;
use burn::tensor::{Tensor, TensorData};

use crate::backend::ModelBackend;

/// Values this near to an integer count as this far from it: the inverse hyperbolic tangent is not
/// finite there.
const LEAST_DISTANCE: f32 = 1e-4;
/// Rounded values between their two neighbouring integers, and their derivatives.
pub(super) struct Relaxed<B: ModelBackend> {
    /// In place of rounded values.
    pub values: Tensor<B, 4>,
    /// What a value changes when its original does.
    pub slopes: Tensor<B, 4>,
}

/// Stochastic Gumbel annealing: a value goes to either neighbour with the probabilities of a softmax
/// of `−atanh(distance) / temperature`, relaxed at the same temperature. The lower it is the nearer are
/// values to integers.
///
/// Source: Yang, Bamler, Mandt, "Improving Inference for Neural Image Compression", 2020, section 3.1.
/// Deviations: with two neighbours the softmax is a sigmoid of a logistic variable; less noise, or none; noise
/// from a generator of our own, so that an encoder's output does not hang on burn's global one.
pub(super) fn relax<B: ModelBackend>(
    values: Tensor<B, 4>,
    temperature: f64,
    noise: &mut LogisticNoise,
) -> Relaxed<B> {
    let floor = values.clone().floor();
    let above = (values - floor.clone()).clamp(LEAST_DISTANCE, 1.0 - LEAST_DISTANCE);
    let below = -above.clone() + 1.0;
    // atanh(a) − atanh(1 − a) in one logarithm.
    let odds = above.clone() * (above.clone() + 1.0) / (below.clone() * (below.clone() + 1.0));
    let logits = odds.log() * (0.5 / temperature);
    let drawn = noise.tensor(&logits);
    let share = sigmoid((logits + drawn) / temperature);
    let steepness = |distance: Tensor<B, 4>| (-distance.clone() * distance + 1.0).recip();
    let logit_slopes = (steepness(above) + steepness(below)) / (temperature * temperature);
    Relaxed {
        values: floor + share.clone(),
        slopes: share.clone() * (-share + 1.0) * logit_slopes,
    }
}

/// Differences of two Gumbel variables, scaled; the same ones in every run.
pub(super) struct LogisticNoise {
    state: u64,
    scale: f32,
}

impl LogisticNoise {
    /// With the share `scale` of the paper's noise.
    pub fn new(scale: f32) -> Self {
        Self {
            state: 0x9e37_79b9_7f4a_7c15,
            scale,
        }
    }

    /// A value for each of another tensor.
    fn tensor<B: ModelBackend>(&mut self, like: &Tensor<B, 4>) -> Tensor<B, 4> {
        let shape = like.shape();
        let values: Vec<f32> = (0..shape.num_elements()).map(|_| self.next()).collect();
        Tensor::from_data(TensorData::new(values, shape), &like.device())
    }

    /// Marsaglia's xorshift, "Xorshift RNGs", 2003, through the inverse of the distribution function.
    fn next(&mut self) -> f32 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        let uniform = ((self.state >> 41) as f32 + 0.5) / (1u32 << 23) as f32;
        self.scale * (uniform / (1.0 - uniform)).ln()
    }
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use super::*;
    use burn::backend::Flex;

    fn row(values: &[f32]) -> Tensor<Flex, 4> {
        let data = TensorData::new(values.to_vec(), [1, 1, 1, values.len()]);
        Tensor::from_data(data, &Default::default())
    }

    fn host(values: Tensor<Flex, 4>) -> Vec<f32> {
        values.into_data().to_vec().unwrap()
    }

    #[test]
    fn noise_is_logistic_and_finite() {
        let mut noise = LogisticNoise::new(0.5);
        let values: Vec<f32> = (0..100_000).map(|_| noise.next()).collect();
        assert!(values.iter().all(|value| value.is_finite()));
        let count = values.len() as f32;
        let mean = values.iter().sum::<f32>() / count;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / count;
        // π²/3, of half of it; an estimate from so many values has a deviation of 0.005.
        assert!(
            mean.abs() < 0.02 && (variance - 0.8225).abs() < 0.025,
            "{mean} {variance}"
        );
    }

    #[test]
    fn cold_values_are_at_their_nearest_integers() {
        let values = host(relax(row(&[-1.9, 0.1, 2.8]), 0.05, &mut LogisticNoise::new(0.5)).values);
        for (value, integer) in values.iter().zip([-2.0, 0.0, 3.0]) {
            assert!((value - integer).abs() < 0.01, "{value} {integer}");
        }
    }

    #[test]
    fn slopes_are_those_of_the_values() {
        let points: Vec<f32> = (0..40).map(|i| i as f32 * 0.05 - 0.977).collect();
        let step = 1e-3;
        let at = |move_by: f32| {
            let moved: Vec<f32> = points.iter().map(|p| p + move_by).collect();
            relax(row(&moved), 0.5, &mut LogisticNoise::new(0.5))
        };
        let slopes = host(at(0.0).slopes);
        let (left, right) = (host(at(-step).values), host(at(step).values));
        for (index, slope) in slopes.iter().enumerate() {
            let expected = (right[index] - left[index]) / (2.0 * step);
            // Differences of single precision over 0.002, and curvature.
            assert!(
                (slope - expected).abs() < 0.01 * (1.0 + expected),
                "{slope} {expected}"
            );
        }
    }
}
