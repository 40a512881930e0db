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
}
