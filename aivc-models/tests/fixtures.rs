//! Layers, priors and MS-SSIM against values that `fixtures/expected.py` computes independently.

#![cfg(feature = "flex")]
#![allow(
    clippy::excessive_precision,
    reason = "the values are pasted as the script prints them"
)]

mod support;

use aivc_models::layers::{Gdn, GdnConfig, GdnDirection};
use aivc_models::losses::ms_ssim;
use aivc_models::priors::{FactorizedPrior, FactorizedPriorConfig, GaussianConditional};
use burn::backend::{Autodiff, Flex};
use burn::module::{AutodiffModule, Module, ModuleVisitor, Param};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use support::{fill, formula, formula_values};

type Training = Autodiff<Flex>;

fn tensor<B: Backend, const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Tensor<B, D> {
    Tensor::from_data(TensorData::new(values, shape), &Default::default())
}

fn assert_close<B: Backend, const D: usize>(
    actual: Tensor<B, D>,
    expected: &[f64],
    relative: f64,
    absolute: f64,
) {
    let actual = actual.into_data().convert::<f64>().to_vec::<f64>().unwrap();
    assert_eq!(actual.len(), expected.len());
    for (i, (actual, expected)) in actual.iter().zip(expected).enumerate() {
        let tolerance = relative * expected.abs() + absolute;
        assert!(
            (actual - expected).abs() <= tolerance,
            "{i}: {actual} instead of {expected}"
        );
    }
}

fn gdn(direction: GdnDirection, gamma: impl Fn() -> Vec<f32>) -> Gdn<Training> {
    let layer = GdnConfig::new(3, direction).init(&Default::default());
    fill(layer, |name, count| {
        if name == "beta" {
            formula_values(count, 2, 0.3, 1.5)
        } else {
            gamma()
        }
    })
}

fn gdn_input<B: Backend>() -> Tensor<B, 4> {
    tensor(formula_values(24, 1, -2.0, 2.0), [2, 3, 2, 2])
}

#[test]
fn gdn_and_its_inverse_follow_the_paper() {
    // Some of γ's parameters are negative and count as zero. Single precision, sums of 4 terms.
    let gamma = || formula_values(9, 3, -0.4, 1.2);
    let forward = gdn(GdnDirection::Forward, gamma)
        .valid()
        .forward(gdn_input());
    assert_close(forward, &GDN, 2e-6, 1e-7);
    let inverse = gdn(GdnDirection::Inverse, gamma)
        .valid()
        .forward(gdn_input());
    assert_close(inverse, &INVERSE_GDN, 2e-6, 1e-7);
}

struct Gradients {
    grads: <Training as burn::tensor::backend::AutodiffBackend>::Gradients,
    by_size: Vec<(usize, Tensor<Flex, 1>)>,
}

impl ModuleVisitor<Training> for Gradients {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Training, D>>) {
        let grad = param
            .val()
            .grad(&self.grads)
            .expect("every parameter takes part");
        let count = grad.shape().num_elements();
        self.by_size.push((count, grad.reshape([count])));
    }
}

#[test]
fn gdn_gradients_equal_numerical_derivatives() {
    let cases: [(_, &[f64; 24], &[f64; 3], &[f64; 9]); 2] = [
        (
            GdnDirection::Forward,
            &GDN_INPUT_GRADIENT,
            &GDN_BETA_GRADIENT,
            &GDN_GAMMA_GRADIENT,
        ),
        (
            GdnDirection::Inverse,
            &INVERSE_GDN_INPUT_GRADIENT,
            &INVERSE_GDN_BETA_GRADIENT,
            &INVERSE_GDN_GAMMA_GRADIENT,
        ),
    ];
    for (direction, of_input, of_beta, of_gamma) in cases {
        let layer = gdn(direction, || formula_values(9, 4, 0.1, 1.2));
        let input = gdn_input::<Training>().require_grad();
        let cotangent = tensor(formula_values(24, 5, -1.0, 1.0), [2, 3, 2, 2]);
        let grads = (layer.forward(input.clone()) * cotangent).sum().backward();
        // Single precision, sums of some ten terms of size 1 that partly cancel.
        assert_close(input.grad(&grads).unwrap(), of_input, 1e-5, 1e-5);
        let mut gradients = Gradients {
            grads,
            by_size: Vec::new(),
        };
        layer.visit(&mut gradients);
        let [(3, beta), (9, gamma)] = &gradients.by_size[..] else {
            panic!("β and γ: {:?}", gradients.by_size)
        };
        assert_close(beta.clone(), of_beta, 1e-5, 1e-5);
        assert_close(gamma.clone(), of_gamma, 1e-5, 1e-5);
    }
}

#[test]
fn factorized_prior_follows_the_paper() {
    let prior: FactorizedPrior<Flex> = FactorizedPriorConfig::new(2).init(&Default::default());
    let prior = fill(prior, |name, count| {
        let (kind, layer) = name.rsplit_once('.').expect("a vector of parameters");
        let layer: usize = layer.parse().expect("an index");
        match kind {
            "matrices" => formula_values(count, 10 + layer, -1.5, 1.0),
            "biases" => formula_values(count, 20 + layer, -1.0, 1.0),
            "factors" => formula_values(count, 30 + layer, -1.0, 1.0),
            other => panic!("unexpected parameter {other}"),
        }
    });
    let values = [-6., -3., -2., -1., 0., 1., 2., 4.].repeat(2);
    let likelihood = prior.likelihood(tensor(values, [1, 2, 2, 4]));
    // Logits of about 20 have errors of some 1e-6, which are the relative errors of a tail.
    assert_close(likelihood, &FACTORIZED, 1e-5, 1e-12);
}

#[test]
fn gaussian_conditional_is_the_mass_of_a_unit_bin() {
    let mut values = Vec::new();
    let mut log_scales = Vec::new();
    for index in [0, 5, 17, 30, 44, 63] {
        values.extend([0.0, 0.4375, -1.25, 3.0, -11.5f32].map(|distance| 7.0 + distance));
        log_scales.extend([index as f32 / 8.0; 5]);
    }
    let shape = [1, 1, 6, 5];
    let likelihood = GaussianConditional::default().likelihood::<Flex>(
        tensor(values, shape),
        tensor(vec![7.0; 30], shape),
        tensor(log_scales, shape),
    );
    // Near ±1, erf has the resolution of single precision: 6e-8; the scale an error of 1e-6.
    assert_close(likelihood, &GAUSSIAN, 5e-6, 1.2e-7);
}

#[test]
fn ms_ssim_follows_the_paper() {
    let (height, width) = (176, 208);
    let mut a = Vec::new();
    let mut b = Vec::new();
    for c in 0..3usize {
        for i in 0..height * width {
            let (y, x) = ((i / width) as f64, (i % width) as f64);
            let noise = |salt: usize| 2.0 * formula(i, salt + c) - 1.0;
            let value = 0.5 + 0.3 * (0.21 * x + 0.13 * y * (c + 1) as f64).sin() + 0.2 * noise(40);
            a.push(value as f32);
            b.push((0.9 * value + 0.02 * (0.5 * x).cos() + 0.1 * noise(50)) as f32);
        }
    }
    // As three pictures of one plane, and as one of three: their mean.
    let planes = |values: &Vec<f32>| tensor::<Flex, 4>(values.clone(), [3, 1, height, width]);
    let picture = |values: &Vec<f32>| tensor::<Flex, 4>(values.clone(), [1, 3, height, width]);
    // Variances are differences of squares: 1e-7 in terms of 1e-3.
    assert_close(ms_ssim(planes(&a), planes(&b)), &MS_SSIM, 0.0, 2e-5);
    let mean = MS_SSIM.iter().sum::<f64>() / 3.0;
    assert_close(ms_ssim(picture(&a), picture(&b)), &[mean], 0.0, 2e-5);
}

const GDN: [f64; 24] = [
    1.16380436e+00,
    6.15919877e-01,
    3.27826903e-02,
    -5.52313453e-01,
    -6.07855592e-01,
    -9.32721289e-01,
    9.36570328e-01,
    6.10492280e-01,
    4.70841254e-01,
    -2.81394474e-01,
    -1.16416498e+00,
    -1.99452585e+00,
    1.73717681e+00,
    1.26148563e+00,
    7.23374694e-01,
    1.44545401e-01,
    -1.84204100e-01,
    -5.33409501e-01,
    -8.86930429e-01,
    9.63848322e-01,
    1.10283878e+00,
    5.91665420e-01,
    -1.27114208e-01,
    -9.89667617e-01,
];
const INVERSE_GDN: [f64; 24] = [
    1.33566938e+00,
    6.65515973e-01,
    3.46362536e-02,
    -5.94138537e-01,
    -2.28829059e+00,
    -3.41960034e+00,
    2.75917326e+00,
    1.64127078e+00,
    3.30452700e-01,
    -1.59856261e-01,
    -5.75656260e-01,
    -1.01834696e+00,
    2.23014002e+00,
    1.46997119e+00,
    7.88432101e-01,
    1.52895924e-01,
    -1.13815740e+00,
    -2.12405366e+00,
    -3.14806183e+00,
    3.07828280e+00,
    1.12923003e+00,
    4.38599081e-01,
    -7.42122711e-02,
    -5.00316707e-01,
];
const GDN_INPUT_GRADIENT: [f64; 24] = [
    6.27847724e-01,
    4.96837952e-01,
    2.82713803e-01,
    1.69504318e-01,
    -6.48255181e-02,
    -1.14459820e-01,
    -2.15909647e-01,
    4.25351918e-01,
    9.38776311e-02,
    3.58596333e-01,
    -1.12177663e-01,
    8.15668209e-02,
    -3.95652249e-01,
    -7.73050959e-01,
    5.40123997e-01,
    3.72137315e-01,
    6.29111337e-02,
    -7.89492430e-02,
    -1.13361258e-01,
    -1.71999318e-01,
    5.56109229e-01,
    7.81418882e-01,
    4.12527656e-01,
    -5.12096161e-02,
];
const GDN_BETA_GRADIENT: [f64; 3] = [-5.90567375e-01, -1.87464284e-02, -4.23757640e-01];
const GDN_GAMMA_GRADIENT: [f64; 9] = [
    2.36235841e-01,
    -3.74911363e-01,
    3.92043834e-01,
    -3.53638999e-01,
    3.16721010e-01,
    -7.91926188e-02,
    -6.49975304e-01,
    -8.80078958e-02,
    -6.28599186e-01,
];
const INVERSE_GDN_INPUT_GRADIENT: [f64; 24] = [
    1.51531072e+00,
    1.07111874e+00,
    4.93254594e-01,
    -1.66485634e-01,
    -5.39244575e-01,
    -1.47710241e+00,
    -2.07585623e+00,
    1.62481491e+00,
    1.17477848e+00,
    1.01740705e-01,
    1.31666747e-01,
    -1.43661180e+00,
    -1.11023702e+00,
    -1.15638519e+00,
    1.13932636e+00,
    4.61553904e-01,
    2.73293938e-01,
    -3.57796114e-01,
    -1.25644060e+00,
    -2.05761738e+00,
    1.49042904e+00,
    2.69167115e-01,
    1.94964382e-01,
    1.71360771e-01,
];
const INVERSE_GDN_BETA_GRADIENT: [f64; 3] = [1.68554932e-01, 1.25666917e-01, 8.73487974e-01];
const INVERSE_GDN_GAMMA_GRADIENT: [f64; 9] = [
    -8.94871539e-01,
    4.34302660e-01,
    -1.13413298e+00,
    9.27994096e-01,
    -5.13813979e-01,
    1.25880126e-01,
    1.35231016e+00,
    2.00785987e-01,
    1.69510012e+00,
];
const FACTORIZED: [f64; 16] = [
    2.09557590e-08,
    3.95455017e-04,
    1.35607145e-02,
    4.63091283e-01,
    5.01497792e-01,
    2.07493791e-02,
    6.64684024e-04,
    9.32243605e-07,
    4.90787167e-10,
    4.71684436e-05,
    3.57826254e-03,
    3.07083185e-01,
    6.49299388e-01,
    3.62971878e-02,
    3.29003741e-03,
    2.52324890e-05,
];
const GAUSSIAN: [f64; 30] = [
    9.99994518e-01,
    7.15044242e-01,
    4.60999552e-12,
    1.20418970e-114,
    0.00000000e+00,
    9.85981359e-01,
    6.20613627e-01,
    1.14271404e-04,
    5.52508022e-35,
    0.00000000e+00,
    4.25290629e-01,
    3.81586528e-01,
    1.75211838e-01,
    2.46794160e-03,
    2.59669483e-35,
    9.02252367e-02,
    8.97846563e-02,
    8.66909368e-02,
    7.16748837e-02,
    3.06506195e-03,
    1.61450296e-02,
    1.61424992e-02,
    1.61243849e-02,
    1.60264775e-02,
    1.44878960e-02,
    1.55836729e-03,
    1.55836502e-03,
    1.55834871e-03,
    1.55826029e-03,
    1.55679571e-03,
];
const MS_SSIM: [f64; 3] = [9.86630046e-01, 9.87963819e-01, 9.88111849e-01];
