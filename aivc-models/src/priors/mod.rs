//! Probability models of latents: likelihoods for training and integer tables for coding, from
//! one definition each.

mod factorized;
mod gaussian;
mod logistic;

pub use factorized::{FactorizedPrior, FactorizedPriorConfig};
pub use gaussian::{GaussianConditional, SCALE_INDEX_FRACTION_BITS};
pub use logistic::LogisticConditional;
pub(crate) use logistic::logistic_tables;

use burn::tensor::Tensor;

use crate::backend::{ModelBackend, lower_bound};

/// Likelihoods below this are raised to it, so that their logarithm stays finite.
pub(crate) const LIKELIHOOD_MINIMUM: f32 = 1e-9;

/// `log2` of likelihoods, negated and summed over everything but the batch: bits a picture.
///
/// # Shapes
/// `[batch, channels, height, width]` to `[batch]`.
pub fn bits<B: ModelBackend>(likelihoods: Tensor<B, 4>) -> Tensor<B, 1> {
    let batch = likelihoods.dims()[0];
    let bits = lower_bound(likelihoods, LIKELIHOOD_MINIMUM).log() * (-1.0 / std::f32::consts::LN_2);
    bits.reshape([batch as i32, -1]).sum_dim(1).reshape([batch])
}
