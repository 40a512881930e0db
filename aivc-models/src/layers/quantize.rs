use burn::tensor::backend::Backend;
use burn::tensor::{Distribution, Tensor};

/// `floor(x + 0.5)`: rounding in the one way that is the same on every backend (`round` differs
/// between them at halves).
pub fn round_half_up<B: Backend, const D: usize>(input: Tensor<B, D>) -> Tensor<B, D> {
    (input + 0.5).floor()
}

/// Rounds, with the gradient of the identity (straight-through estimator; Bengio, Léonard,
/// Courville, "Estimating or Propagating Gradients Through Stochastic Neurons", 2013).
pub fn round_straight_through<B: Backend, const D: usize>(input: Tensor<B, D>) -> Tensor<B, D> {
    straight_through(input.clone(), round_half_up(input))
}

/// Adds noise from U(−½, ½): the differentiable stand-in for rounding that makes the density of
/// the noisy value equal the probability of the rounded one (Ballé, Laparra, Simoncelli,
/// "End-to-end Optimized Image Compression", 2017).
pub fn add_uniform_noise<B: Backend, const D: usize>(input: Tensor<B, D>) -> Tensor<B, D> {
    let noise = Tensor::random(
        input.shape(),
        Distribution::Uniform(-0.5, 0.5),
        &input.device(),
    );
    input + noise
}

/// The value of `quantized` with the gradient of `input`.
pub(crate) fn straight_through<B: Backend, const D: usize>(
    input: Tensor<B, D>,
    quantized: Tensor<B, D>,
) -> Tensor<B, D> {
    let step = (quantized - input.clone()).detach();
    input + step
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::{Autodiff, Flex};

    #[test]
    fn straight_through_rounds_halves_up_and_passes_the_gradient() {
        let device = Default::default();
        let input =
            Tensor::<Autodiff<Flex>, 1>::from_data([-1.5, -0.2, 0.5, 2.6], &device).require_grad();
        let output = round_straight_through(input.clone());
        assert_eq!(
            output.to_data().to_vec::<f32>().unwrap(),
            [-1.0, 0.0, 1.0, 3.0]
        );
        let grads = (output * 3.0).sum().backward();
        assert_eq!(
            input
                .grad(&grads)
                .unwrap()
                .to_data()
                .to_vec::<f32>()
                .unwrap(),
            [3.0; 4]
        );
    }

    #[test]
    fn noise_stays_within_half_a_step_and_is_centred() {
        let device = Default::default();
        let noisy = add_uniform_noise(Tensor::<Flex, 1>::zeros([20_000], &device));
        let values = noisy.to_data().to_vec::<f32>().unwrap();
        assert!(values.iter().all(|v| v.abs() <= 0.5));
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        // The mean of 20,000 values has a standard deviation of 0.002.
        assert!(mean.abs() < 0.012, "{mean}");
    }
}
