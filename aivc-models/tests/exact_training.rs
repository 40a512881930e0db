//! The exact convolution between training and use: what freezing keeps, and where gradients go.

#![cfg(feature = "flex")]

mod support;

use aivc_models::layers::{
    ActivationFormat, BoundGradient, DyadicWeights, ExactConv2d, ExactConv2dConfig,
    PARTIAL_SUM_LIMIT,
};
use burn::backend::{Autodiff, Flex};
use burn::module::{AutodiffModule, Module, ModuleVisitor, Param};
use burn::tensor::backend::AutodiffBackend;
use burn::tensor::{Tensor, TensorData};
use proptest::prelude::*;
use support::{Mixer, fill};

type Training = Autodiff<Flex>;

const INPUT: ActivationFormat = ActivationFormat::unsigned(10, 4);
const OUTPUT: ActivationFormat = ActivationFormat::signed(12, 4);

fn layer(channels_in: usize, seed: u64, size: f32) -> ExactConv2d<Training> {
    let mut mixer = Mixer(seed);
    let layer = ExactConv2dConfig::new(channels_in, 6, INPUT, OUTPUT).init(&Default::default());
    fill(layer, |_, count| {
        (0..count)
            .map(|_| (mixer.unit() * 2.0 - 1.0) * size)
            .collect()
    })
}

fn input(channels: usize, seed: u64) -> TensorData {
    let mut mixer = Mixer(seed);
    let values: Vec<f32> = (0..channels * 35)
        .map(|_| mixer.below(1024) as f32 / 16.0)
        .collect();
    TensorData::new(values, [1, channels, 5, 7])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn freezing_twice_is_freezing_once(
        channels in prop::sample::select(vec![1usize, 3, 16, 40]),
        seed in any::<u64>(),
        exponent in -20i32..8,
    ) {
        let layer = layer(channels, seed, 2f32.powi(exponent)).valid();
        let before = layer.to_dyadic();
        let frozen = layer.freeze();
        prop_assert_eq!(&frozen.to_dyadic(), &before);
        prop_assert!(before.prove(INPUT, OUTPUT).is_ok());
        let input = Tensor::<Flex, 4>::from_data(input(channels, seed), &Default::default());
        let once = frozen.forward(input.clone()).into_data();
        let twice = frozen.freeze();
        prop_assert_eq!(twice.to_dyadic(), before);
        prop_assert_eq!(twice.forward(input).into_data(), once);
    }
}

/// Sums between 97 and 100 % of the bound are where quantizing once more takes a smaller exponent.
#[test]
fn integers_near_the_bound_are_not_quantized_again() {
    let format = ActivationFormat::signed(12, 4);
    let mantissas: Vec<i8> = (0..64)
        .map(|i| if i % 2 == 0 { 127 } else { -125 })
        .collect();
    let weights = DyadicWeights {
        shape: [1, 64, 1, 1],
        mantissas,
        exponents: vec![12],
        bias: vec![30_001],
    };
    let worst = weights.prove(format, format).unwrap();
    assert!(worst as f64 > 0.98 * PARTIAL_SUM_LIMIT as f64);
    let again = DyadicWeights::quantize(
        weights.shape,
        &weights.weight_values(),
        &weights.bias_values(format),
        format,
        format,
    );
    assert_ne!(
        again, weights,
        "no longer a case of what this test is about"
    );

    let layer: ExactConv2d<Flex> = ExactConv2dConfig::new(64, 1, format, format)
        .with_kernel(1)
        .init(&Default::default());
    let frozen = layer.with_dyadic(weights.clone());
    assert_eq!(frozen.to_dyadic(), weights);
    assert_eq!(frozen.freeze().to_dyadic(), weights);
}

#[test]
fn the_training_graph_computes_the_frozen_function() {
    for (seed, size) in [(1, 0.01), (2, 0.1), (3, 0.4)] {
        let layer = layer(24, seed, size);
        let data = input(24, seed);
        let training = layer
            .forward(Tensor::from_data(data.clone(), &Default::default()))
            .inner();
        let frozen = layer
            .valid()
            .freeze()
            .forward(Tensor::from_data(data, &Default::default()));
        // Sums of products that are not quite dyadic may fall on the other side of a half.
        let difference = (training - frozen).abs();
        let steps = difference.max().into_scalar() / OUTPUT.step();
        assert!(steps <= 1.01, "size {size}: {steps} steps");
    }
}

struct Gradients<'a> {
    grads: &'a <Training as AutodiffBackend>::Gradients,
    seen: usize,
}

impl ModuleVisitor<Training> for Gradients<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Training, D>>) {
        let grad = param
            .val()
            .grad(self.grads)
            .expect("every parameter takes part");
        let grad = grad.into_data().to_vec::<f32>().unwrap();
        assert!(grad.iter().all(|g| g.is_finite()) && grad.iter().any(|&g| g != 0.0));
        self.seen += 1;
    }
}

#[test]
fn gradients_reach_weights_bias_and_input() {
    let layer = layer(8, 5, 0.05);
    let input = Tensor::<Training, 4>::from_data(input(8, 5), &Default::default()).require_grad();
    let output = layer.forward(input.clone());
    let grads = (output.clone() * output).sum().backward();
    let mut gradients = Gradients {
        grads: &grads,
        seen: 0,
    };
    layer.visit(&mut gradients);
    assert_eq!(gradients.seen, 2);
    let of_input = input
        .grad(&grads)
        .unwrap()
        .into_data()
        .to_vec::<f32>()
        .unwrap();
    assert!(of_input.iter().all(|g| g.is_finite()) && of_input.iter().any(|&g| g != 0.0));
}

/// The gradient of one input of a 1×1 layer whose output lies at `bias`, for a loss that grows with
/// the output (`upstream` 1) or falls (−1).
/// Rounded, because the training graph's powers of two are off by some 1e-7.
fn input_gradient(bound: BoundGradient, bias: f64, upstream: f32) -> f32 {
    let device = Default::default();
    let layer: ExactConv2d<Training> = ExactConv2dConfig::new(1, 1, INPUT, OUTPUT)
        .with_kernel(1)
        .with_bias_init(bias)
        .with_bound_gradient(bound)
        .init(&device);
    let layer = fill(layer, |name, _| {
        vec![if name == "weight" { 1.0 } else { bias as f32 }]
    });
    let input = Tensor::<Training, 4>::ones([1, 1, 1, 1], &device).require_grad();
    let grads = (layer.forward(input.clone()) * upstream).sum().backward();
    (input.grad(&grads).unwrap().into_scalar() * 1e4).round() / 1e4
}

#[test]
fn beyond_the_range_only_gradients_that_lead_back_pass() {
    // The output's range is ±127.9; descent goes against the gradient.
    let outside = [
        (300.0, 1.0, 1.0),
        (300.0, -1.0, 0.0),
        (-300.0, -1.0, -1.0),
        (-300.0, 1.0, 0.0),
    ];
    for (bias, upstream, expected) in outside {
        assert_eq!(
            input_gradient(BoundGradient::PushBack, bias, upstream),
            expected,
            "{bias} {upstream}"
        );
        assert_eq!(
            input_gradient(BoundGradient::Stop, bias, upstream),
            0.0,
            "{bias} {upstream}"
        );
    }
    for bound in [BoundGradient::PushBack, BoundGradient::Stop] {
        assert_eq!(input_gradient(bound, 5.0, 1.0), 1.0);
    }
}
