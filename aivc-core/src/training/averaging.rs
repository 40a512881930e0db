//! Exponential moving average of a network's weights, and a check of their size.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::backend::Backend;
use burn::tensor::{ElementConversion, Tensor};

/// Largest 16-bit float, in which weights are stored.
const LARGEST_HALF: f64 = 65504.0;

/// `average·decay + current·(1 − decay)` for every parameter, with a smaller decay in the first
/// steps so that the initial weights are soon forgotten.
pub(super) fn move_average<B: Backend, M: Module<B>>(
    average: M,
    current: &M,
    decay: f64,
    step: u64,
) -> M {
    let decay = decay.min((1 + step) as f64 / (10 + step) as f64);
    let mut collect = Collect { values: Vec::new() };
    current.visit(&mut collect);
    average.map(&mut Blend {
        current: collect.values.into_iter(),
        decay,
    })
}

/// Whether a weights file can hold every parameter.
pub(super) fn fits_weights_file<B: Backend, M: Module<B>>(network: &M) -> bool {
    let mut collect = Collect { values: Vec::new() };
    network.visit(&mut collect);
    // Each by itself: a comparison with NaN is false, while a maximum may pass it over.
    collect.values.into_iter().all(|values| {
        let within = values.abs().lower_equal_elem(LARGEST_HALF);
        within.all().into_scalar().elem::<bool>()
    })
}

struct Collect<B: Backend> {
    values: Vec<Tensor<B, 1>>,
}

impl<B: Backend> ModuleVisitor<B> for Collect<B> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        let value = param.val();
        let elements = value.shape().num_elements();
        self.values.push(value.reshape([elements]));
    }
}

struct Blend<I> {
    current: I,
    decay: f64,
}

impl<B: Backend, I: Iterator<Item = Tensor<B, 1>>> ModuleMapper<B> for Blend<I> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<B, D>>) -> Param<Tensor<B, D>> {
        let current = self
            .current
            .next()
            .expect("both modules have the same parameters");
        param.map(|average| {
            let shape = average.shape();
            average * self.decay + current.reshape(shape) * (1.0 - self.decay)
        })
    }
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use super::*;
    use burn::backend::Flex;
    use burn::nn::LinearConfig;

    #[test]
    fn average_moves_by_one_minus_decay() {
        let device = Default::default();
        let linear = |value: f64| {
            LinearConfig::new(1, 1)
                .with_bias(false)
                .with_initializer(burn::module::Initializer::Constant { value })
                .init::<Flex>(&device)
        };
        let average = move_average(linear(1.0), &linear(3.0), 0.75, 1000);
        assert!((average.weight.val().into_scalar() - 1.5).abs() < 1e-6);
    }

    #[test]
    fn weights_that_no_file_holds_are_noticed() {
        let device = Default::default();
        let linear = |value: f64| {
            LinearConfig::new(2, 2)
                .with_initializer(burn::module::Initializer::Constant { value })
                .init::<Flex>(&device)
        };
        for value in [0.0, -65504.0, 65504.0] {
            assert!(fits_weights_file(&linear(value)), "{value}");
        }
        for value in [-65536.0, f64::INFINITY, f64::NAN] {
            assert!(!fits_weights_file(&linear(value)), "{value}");
        }
    }
}
