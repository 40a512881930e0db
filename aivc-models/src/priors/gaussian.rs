use aivc_entropy::gaussian::scale_grid;
use burn::tensor::Tensor;

use crate::backend::ModelBackend;

/// Binary digits of the log-scale that a network puts out: it counts in eighths, and as the
/// grid's neighbours differ by a factor close to `e^(1/8)`, one unit is one table.
pub const SCALE_INDEX_FRACTION_BITS: i32 = 3;

/// A Gaussian whose mean and scale come from other, already decoded data: the mean-scale
/// conditional of Minnen, Ballé, Toderici, "Joint Autoregressive and Hierarchical Priors for
/// Learned Image Compression", 2018, eq. 4.
///
/// The scale is not a free number but an index into the 64 scales of
/// [`aivc_entropy::gaussian`], in training too; so the likelihoods here are those of the
/// tables that code the real stream, up to the tables' 16 bits.
#[derive(Debug, Clone, Copy)]
pub struct GaussianConditional {
    ln_first: f32,
    ln_ratio: f32,
}

impl Default for GaussianConditional {
    fn default() -> Self {
        let grid = scale_grid();
        Self {
            ln_first: grid[0].ln() as f32,
            ln_ratio: (grid[1] / grid[0]).ln() as f32,
        }
    }
}

impl GaussianConditional {
    /// Standard deviations of a log-scale in eighths, as an exact network gives it: `n/8` is the
    /// scale of index `n`.
    ///
    /// # Shapes
    /// Any; unchanged.
    pub fn scale<B: ModelBackend, const D: usize>(&self, log_scale: Tensor<B, D>) -> Tensor<B, D> {
        let index = log_scale * (1 << SCALE_INDEX_FRACTION_BITS) as f32;
        (index * self.ln_ratio + self.ln_first).exp()
    }

    /// Probability of the integer bin around each value: the Gaussian's mass from
    /// `values − ½` to `values + ½`.
    ///
    /// # Shapes
    /// All `[batch, channels, height, width]`.
    pub fn likelihood<B: ModelBackend>(
        &self,
        values: Tensor<B, 4>,
        means: Tensor<B, 4>,
        log_scales: Tensor<B, 4>,
    ) -> Tensor<B, 4> {
        // On the negative side the result stays non-negative; tails below about 1e-7 drown in the
        // rounding of `erf` near −1, so estimates of far outliers are coarse.
        let distance = (values - means).abs();
        let inverse = self.scale(log_scales).recip() * std::f32::consts::FRAC_1_SQRT_2;
        let upper = ((-distance.clone() + 0.5) * inverse.clone()).erf();
        let lower = ((-distance - 0.5) * inverse).erf();
        (upper - lower) * 0.5
    }
}

/// Probability from which on [`GaussianConditional::bits`] follows the distribution itself.
const TAIL: f32 = 1e-5;
/// Bits of that probability, and the standard deviations that a value with it is from the mean.
const TAIL_BITS: f32 = 16.61;
const TAIL_DISTANCE: f32 = 4.27;

impl GaussianConditional {
    /// Estimated bits of each value, for training: those of [`likelihood`](Self::likelihood), but in
    /// far tails, where a likelihood is 0 in 32 bits and has no gradient, they go on growing with the
    /// logarithm of the distance. Without that, values that once jump out of their distribution's
    /// reach never come back.
    ///
    /// # Shapes
    /// All `[batch, channels, height, width]`.
    pub fn bits<B: ModelBackend>(
        &self,
        values: Tensor<B, 4>,
        means: Tensor<B, 4>,
        log_scales: Tensor<B, 4>,
    ) -> Tensor<B, 4> {
        let likelihood = self.likelihood(values.clone(), means.clone(), log_scales.clone());
        let distance = (values - means).abs() / self.scale(log_scales);
        let far = likelihood.clone().lower_elem(TAIL);
        let ln_2 = std::f32::consts::LN_2;
        let near = likelihood.clamp_min(TAIL).log() / -ln_2;
        let tail = (distance / TAIL_DISTANCE).clamp_min(1.0).log() * (2.0 / ln_2) + TAIL_BITS;
        near.mask_where(far, tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aivc_entropy::gaussian::{SCALE_LEVELS, gaussian_tables};
    use burn::backend::Flex;

    #[test]
    fn likelihoods_agree_with_the_tables_that_code() {
        let device = Default::default();
        let tables = gaussian_tables();
        for index in [0, 7, 20, 40, SCALE_LEVELS - 1] {
            for value in [0, 1, -2, 5] {
                let tensor = |v: f32| Tensor::<Flex, 4>::full([1, 1, 1, 1], v, &device);
                let p = GaussianConditional::default()
                    .likelihood(
                        tensor(value as f32),
                        tensor(0.0),
                        tensor(index as f32 / 8.0),
                    )
                    .into_scalar();
                let bits = tables.cost_bits(index as u16, value);
                if bits < 10.0 {
                    // A frequency is rounded to 1/65536: at 10 bits that is under 1 % of 0.001.
                    assert!(
                        (-f64::from(p).log2() - bits).abs() < 0.02,
                        "{index} {value}: {p} {bits}"
                    );
                }
            }
        }
    }

    #[test]
    fn bits_are_those_of_likelihoods_and_far_values_are_pulled_back() {
        type Trained = burn::backend::Autodiff<Flex>;
        let device = Default::default();
        let tensor = |v: f32| Tensor::<Trained, 4>::full([1, 1, 1, 1], v, &device);
        let prior = GaussianConditional::default();
        let (mean, log_scale) = (tensor(0.5), tensor(2.0));
        for value in [0.5, 1.0, -2.0] {
            let likelihood = prior.likelihood(tensor(value), mean.clone(), log_scale.clone());
            let bits = prior.bits(tensor(value), mean.clone(), log_scale.clone());
            let difference = bits.into_scalar() + likelihood.into_scalar().log2();
            assert!(difference.abs() < 1e-4, "{value}: {difference}");
        }
        let mut last = 0.0;
        for value in [10.0, 100.0, 1e4, 1e6] {
            let value = tensor(value).require_grad();
            let bits = prior.bits(value.clone(), mean.clone(), log_scale.clone());
            let gradients = bits.clone().sum().backward();
            let gradient = value.grad(&gradients).unwrap().into_scalar();
            assert!(bits.into_scalar() > last && gradient > 0.0, "{gradient}");
            last = prior
                .bits(value, mean.clone(), log_scale.clone())
                .into_scalar();
        }
    }
}
