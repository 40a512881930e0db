use aivc_entropy::gaussian::{SCALE_LEVELS, scale_grid};
use aivc_entropy::{CdfTable, TableSet};
use burn::tensor::Tensor;
use burn::tensor::activation::relu;

use super::SCALE_INDEX_FRACTION_BITS;
use crate::backend::ModelBackend;

/// Scale over the standard deviation of the Gaussian of the same index: what quantized prediction errors
/// were found to have, where both have about the same probability of zero.
const SHARE: f64 = 0.5;
/// From this index downwards scales fall faster: so that a value that is all but surely zero costs
/// next to nothing.
const KNEE: f64 = 10.0;
/// How much faster: nats an index.
const STEEPER: f64 = 0.07;
/// Probability that a table leaves to its escape, at most.
const ESCAPE_MASS: f64 = 1.0 / 65_536.0;
/// Tables reach at least so far.
const LEAST_REACH: i32 = 3;

/// A logistic distribution whose mean and scale come from other, already decoded data. Its tails are
/// heavier than those of a [`GaussianConditional`](super::GaussianConditional), as are those of
/// quantized prediction errors whose scale is known but roughly.
///
/// The scale is an index into a grid of 64 here too.
#[derive(Debug, Clone, Copy)]
pub struct LogisticConditional {
    ln_first: f32,
    ln_ratio: f32,
}

impl Default for LogisticConditional {
    fn default() -> Self {
        let grid = scale_grid();
        Self {
            ln_first: (SHARE * grid[0]).ln() as f32,
            ln_ratio: (grid[1] / grid[0]).ln() as f32,
        }
    }
}

impl LogisticConditional {
    /// Scales of a log-scale in eighths, as an exact network gives it: `n/8` is the scale of index `n`.
    ///
    /// # Shapes
    /// Any; unchanged.
    pub fn scale<B: ModelBackend, const D: usize>(&self, log_scale: Tensor<B, D>) -> Tensor<B, D> {
        let index = log_scale * (1 << SCALE_INDEX_FRACTION_BITS) as f32;
        let below = (index.clone().neg() + KNEE as f32).clamp_min(0.0);
        (index * self.ln_ratio - below * STEEPER as f32 + self.ln_first).exp()
    }

    /// Bits of each value: of the distribution's mass from `values − ½` to `values + ½`. They grow
    /// with the distance without end, and have a gradient everywhere.
    ///
    /// # Shapes
    /// All the same.
    pub fn bits<B: ModelBackend>(
        &self,
        values: Tensor<B, 4>,
        means: Tensor<B, 4>,
        log_scales: Tensor<B, 4>,
    ) -> Tensor<B, 4> {
        let inverse = self.scale(log_scales).recip();
        let distance = (values - means).abs();
        let nearer = (-distance.clone() + 0.5) * inverse.clone();
        let further = (-distance - 0.5) * inverse.clone();
        // ln(σ(a) − σ(b)) = ln σ(a) + ln σ(−b) + ln(1 − e^(b−a)), of which each term is well behaved.
        let within = (-inverse.neg().exp() + 1.0).log();
        let nats = softplus(nearer.neg()) + softplus(further) - within;
        nats / std::f32::consts::LN_2
    }
}

/// `ln(1 + e^x)`, of large numbers too.
fn softplus<B: ModelBackend>(values: Tensor<B, 4>) -> Tensor<B, 4> {
    relu(values.clone()) + values.abs().neg().exp().log1p()
}

/// The scale of each index.
fn scales() -> [f64; SCALE_LEVELS] {
    let grid = scale_grid();
    std::array::from_fn(|index| {
        let below = (KNEE - index as f64).max(0.0);
        SHARE * grid[index] * (-STEEPER * below).exp()
    })
}

/// One table an index, of the distribution about zero. Not made alike everywhere: a model keeps its own
/// in its weights file.
pub(crate) fn logistic_tables() -> TableSet {
    let tables = scales().into_iter().map(logistic_table).collect();
    TableSet::new(tables).expect("64 tables of some thousand bins are within the limits")
}

fn logistic_table(scale: f64) -> CdfTable {
    // Two-sided: 1 − tanh(x/2s) = 2/(1 + e^(x/s)).
    let beyond = |distance: f64| 2.0 / (1.0 + (distance / scale).exp());
    let mut reach = LEAST_REACH;
    while beyond(f64::from(reach) + 0.5) >= ESCAPE_MASS {
        reach += 1;
    }
    let probability = |value: i32| match value.unsigned_abs() {
        0 => 1.0 - beyond(0.5),
        size => (beyond(f64::from(size) - 0.5) - beyond(f64::from(size) + 0.5)) / 2.0,
    };
    let weights: Vec<f64> = (-reach..=reach).map(probability).collect();
    CdfTable::from_weights(-reach, &weights, beyond(f64::from(reach) + 0.5))
        .expect("probabilities of some thousand values")
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::{Autodiff, Flex};

    type Trained = Autodiff<Flex>;

    fn full(value: f32) -> Tensor<Trained, 4> {
        Tensor::full([1, 1, 1, 1], value, &Default::default())
    }

    #[test]
    fn bits_agree_with_the_tables_that_code() {
        let tables = logistic_tables();
        for index in [0, 3, 7, 20, 40, SCALE_LEVELS - 1] {
            for value in [0, 1, -2, 5] {
                let bits = LogisticConditional::default()
                    .bits(full(value as f32), full(0.0), full(index as f32 / 8.0))
                    .into_scalar();
                let coded = tables.cost_bits(index as u16, value);
                if coded < 10.0 {
                    // A frequency is rounded to 1/65536: at 10 bits that is under 1 % of 0.001; the widest
                    // table cuts its tails besides.
                    assert!(
                        (f64::from(bits) - coded).abs() < 0.03,
                        "{index} {value}: {bits} {coded}"
                    );
                }
            }
        }
    }

    #[test]
    fn far_values_are_pulled_back() {
        let mut last = 0.0;
        for value in [10.0, 100.0, 1e4, 1e6] {
            let value = full(value).require_grad();
            let bits = LogisticConditional::default().bits(value.clone(), full(0.5), full(0.0));
            let gradients = bits.clone().sum().backward();
            let gradient = value.grad(&gradients).unwrap().into_scalar();
            let bits = bits.into_scalar();
            assert!(bits > last && gradient > 0.0 && bits.is_finite(), "{bits}");
            last = bits;
        }
    }

    #[test]
    fn zeros_of_the_first_scale_cost_nothing_and_scales_rise() {
        let scales = scales();
        assert!(scales.is_sorted());
        assert!(logistic_tables().cost_bits(0, 0) < 0.0003);
        let of = |index: f32| LogisticConditional::default().scale(full(index / 8.0));
        for (index, &scale) in scales.iter().enumerate() {
            let twin = f64::from(of(index as f32).into_scalar());
            assert!((twin / scale - 1.0).abs() < 1e-4, "{index}: {twin} {scale}");
        }
    }
}
