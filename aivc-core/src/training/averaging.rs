//! Exponential moving average of a network's weights.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

/// `average·decay + current·(1 − decay)` for every parameter, with a smaller decay in the first
/// steps so that the initial weights are soon forgotten.
pub(super) fn move_average<B: Backend, M: Module<B>>(average: M, current: &M, decay: f64, step: u64) -> M {
    let decay = decay.min((1 + step) as f64 / (10 + step) as f64);
    let mut collect = Collect { values: Vec::new() };
    current.visit(&mut collect);
    average.map(&mut Blend { current: collect.values.into_iter(), decay })
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
        let current = self.current.next().expect("both modules have the same parameters");
        param.map(|average| {
            let shape = average.shape();
            average * self.decay + current.reshape(shape) * (1.0 - self.decay)
        })
    }
}

#[cfg(test)]
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
}
