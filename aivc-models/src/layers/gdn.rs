use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::pointwise;
use crate::backend::{ModelBackend, lower_bound};

/// Keeps the square root of the reparametrization differentiable at zero.
const PEDESTAL: f32 = 1.0 / (1u64 << 36) as f32;
const BETA_MINIMUM: f32 = 1e-6;

/// Whether a [`Gdn`] normalizes (analysis) or undoes it approximately (synthesis).
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum GdnDirection {
    /// `y_i = x_i / sqrt(β_i + Σ_j γ_ij x_j²)`.
    Forward,
    /// `y_i = x_i · sqrt(β_i + Σ_j γ_ij x_j²)` (inverse GDN).
    Inverse,
}

/// Configuration of a [`Gdn`].
#[derive(Config, Debug)]
pub struct GdnConfig {
    /// Number of channels.
    pub channels: usize,
    /// Normalize, or undo it.
    pub direction: GdnDirection,
    /// Diagonal of γ at the start of training.
    #[config(default = 0.1)]
    pub gamma_init: f32,
}

/// Generalized divisive normalization across channels.
///
/// Source: Ballé, Laparra, Simoncelli, "Density Modeling of Images using a Generalized
/// Normalization Transformation", 2016, with exponents fixed to 2 and ½. β and γ stay non-negative
/// by the reparametrization `max(parameter, bound)² − pedestal`, with the gradient of
/// [`lower_bound`].
#[derive(Module, Debug)]
pub struct Gdn<B: Backend> {
    beta: Param<Tensor<B, 1>>,
    gamma: Param<Tensor<B, 2>>,
    inverse: bool,
}

impl GdnConfig {
    /// The layer with β = 1 and γ = `gamma_init`·I.
    pub fn init<B: Backend>(&self, device: &B::Device) -> Gdn<B> {
        let beta = (Tensor::ones([self.channels], device) + PEDESTAL).sqrt();
        let gamma = (Tensor::eye(self.channels, device) * self.gamma_init + PEDESTAL).sqrt();
        Gdn {
            beta: Param::from_tensor(beta),
            gamma: Param::from_tensor(gamma),
            inverse: self.direction == GdnDirection::Inverse,
        }
    }
}

impl<B: ModelBackend> Gdn<B> {
    /// Applies the normalization.
    ///
    /// # Shapes
    /// `[batch, channels, height, width]`, unchanged.
    pub fn forward(&self, input: Tensor<B, 4>) -> Tensor<B, 4> {
        let beta = non_negative(self.beta.val(), BETA_MINIMUM);
        let gamma = non_negative(self.gamma.val(), 0.0);
        let squares = input.clone() * input.clone();
        let norm = pointwise(squares, gamma, Some(beta)).sqrt();
        if self.inverse {
            input * norm
        } else {
            input / norm
        }
    }
}

fn non_negative<B: ModelBackend, const D: usize>(
    parameter: Tensor<B, D>,
    minimum: f32,
) -> Tensor<B, D> {
    let bounded = lower_bound(parameter, (minimum + PEDESTAL).sqrt());
    bounded.clone() * bounded - PEDESTAL
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::Flex;

    fn layer(direction: GdnDirection) -> Gdn<Flex> {
        let device = Default::default();
        Gdn {
            beta: Param::from_tensor(Tensor::from_data([1.0f32, 2.0], &device).sqrt()),
            gamma: Param::from_tensor(
                Tensor::from_data([[0.5f32, 0.25], [0.0, 1.0]], &device).sqrt(),
            ),
            inverse: direction == GdnDirection::Inverse,
        }
    }

    #[test]
    fn follows_the_published_equation() {
        let device = Default::default();
        let input = Tensor::<Flex, 4>::from_data([[[[3.0]], [[-2.0]]]], &device);
        // By hand: norms sqrt(1 + 0.5·9 + 0.25·4) = sqrt(6.5) and sqrt(2 + 4) = sqrt(6).
        let forward = layer(GdnDirection::Forward).forward(input.clone());
        let inverse = layer(GdnDirection::Inverse).forward(input);
        let close = |tensor: Tensor<Flex, 4>, expected: [f32; 2]| {
            let values = tensor.into_data().to_vec::<f32>().unwrap();
            for (value, expected) in values.iter().zip(expected) {
                // Single precision with a handful of operations.
                assert!((value - expected).abs() < 1e-5, "{value} {expected}");
            }
        };
        close(forward, [3.0 / 6.5f32.sqrt(), -2.0 / 6f32.sqrt()]);
        close(inverse, [3.0 * 6.5f32.sqrt(), -2.0 * 6f32.sqrt()]);
    }

    #[test]
    fn negative_parameters_act_as_zero() {
        let device = Default::default();
        let gdn = Gdn::<Flex> {
            beta: Param::from_tensor(Tensor::from_data([1.0f32], &device)),
            gamma: Param::from_tensor(Tensor::from_data([[-3.0f32]], &device)),
            inverse: false,
        };
        let output = gdn.forward(Tensor::from_data([[[[5.0]]]], &device));
        assert!((output.into_scalar() - 5.0).abs() < 1e-4);
    }
}
