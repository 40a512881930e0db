//! The norm of all gradients together, and clipping by it.

use burn::module::{AutodiffModule, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::backend::AutodiffBackend;
use burn::tensor::{ElementConversion, Tensor};

/// Euclidean norm over every parameter's gradient; not finite if any of them is not.
pub(super) fn norm<B: AutodiffBackend, M: AutodiffModule<B>>(
    module: &M,
    gradients: &GradientsParams,
) -> f64 {
    let mut squares = Squares {
        gradients,
        sums: Vec::new(),
    };
    module.visit(&mut squares);
    if squares.sums.is_empty() {
        return 0.0;
    }
    Tensor::cat(squares.sums, 0)
        .sum()
        .into_scalar()
        .elem::<f64>()
        .sqrt()
}

/// Multiplies every gradient.
pub(super) fn scale<B: AutodiffBackend, M: AutodiffModule<B>>(
    module: &M,
    gradients: &mut GradientsParams,
    factor: f64,
) {
    module.visit(&mut Scale { gradients, factor });
}

struct Squares<'a, B: AutodiffBackend> {
    gradients: &'a GradientsParams,
    sums: Vec<Tensor<B::InnerBackend, 1>>,
}

impl<B: AutodiffBackend> ModuleVisitor<B> for Squares<'_, B> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        if let Some(gradient) = self.gradients.get::<B::InnerBackend, D>(param.id) {
            // As a line it is contiguous, so that its square is not a walk over strides.
            let gradient = gradient.flatten::<1>(0, D - 1);
            self.sums.push((gradient.clone() * gradient).sum());
        }
    }
}

struct Scale<'a> {
    gradients: &'a mut GradientsParams,
    factor: f64,
}

impl<B: AutodiffBackend> ModuleVisitor<B> for Scale<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        if let Some(gradient) = self.gradients.remove::<B::InnerBackend, D>(param.id) {
            self.gradients
                .register::<B::InnerBackend, D>(param.id, gradient * self.factor);
        }
    }
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use super::*;
    use burn::backend::{Autodiff, Flex};
    use burn::module::Initializer;
    use burn::nn::LinearConfig;

    #[test]
    fn scaling_by_limit_over_norm_brings_the_norm_to_the_limit() {
        type B = Autodiff<Flex>;
        let device = Default::default();
        let linear = LinearConfig::new(2, 1)
            .with_bias(false)
            .with_initializer(Initializer::Ones)
            .init::<B>(&device);
        let output = linear.forward(Tensor::<B, 2>::from_data([[3.0, 4.0]], &device));
        let mut gradients = GradientsParams::from_grads(output.sum().backward(), &linear);
        let before = norm(&linear, &gradients);
        assert!((before - 5.0).abs() < 1e-5);
        scale(&linear, &mut gradients, 1.0 / before);
        assert!((norm(&linear, &gradients) - 1.0).abs() < 1e-5);
    }
}
