//! Exact convolutions against plain integer arithmetic, bit for bit, on every backend that is
//! built.

mod support;

use aivc_models::ModelBackend;
use aivc_models::layers::{
    ActivationFormat, DyadicWeights, ExactConv2d, ExactConv2dConfig, IntegerConv2d,
    PARTIAL_SUM_LIMIT, pixel_shuffle, pixel_unshuffle,
};
use burn::tensor::{Tensor, TensorData};
use proptest::prelude::*;
use support::Mixer;

/// A layer in integers, with an input for it.
#[derive(Debug, Clone)]
struct Case {
    input_format: ActivationFormat,
    output_format: ActivationFormat,
    groups: usize,
    weights: DyadicWeights,
    /// `[channels, height, width]`.
    input_shape: [usize; 3],
    input: Vec<i32>,
}

impl Case {
    fn layer<B: ModelBackend>(&self) -> ExactConv2d<B> {
        let [channels_out, _, kernel, _] = self.weights.shape;
        ExactConv2dConfig::new(
            self.input_shape[0],
            channels_out,
            self.input_format,
            self.output_format,
        )
        .with_kernel(kernel)
        .with_groups(self.groups)
        .init(&Default::default())
        .with_dyadic(self.weights.clone())
    }

    fn run<B: ModelBackend>(&self) -> Vec<i32> {
        let [channels, height, width] = self.input_shape;
        let values: Vec<f32> = self
            .input
            .iter()
            .map(|&n| n as f32 * self.input_format.step())
            .collect();
        let input = TensorData::new(values, [1, channels, height, width]);
        let output = self
            .layer::<B>()
            .forward(Tensor::from_data(input, &Default::default()));
        let output = output.into_data().to_vec::<f32>().unwrap();
        let integers = self.output_format.to_integers(&output);
        for (&integer, &value) in integers.iter().zip(&output) {
            assert_eq!(
                integer as f32 * self.output_format.step(),
                value,
                "not a number of the format"
            );
        }
        integers
    }

    fn reference(&self) -> Vec<i32> {
        IntegerConv2d {
            weights: &self.weights,
            groups: self.groups,
            input: self.input_format,
            output: self.output_format,
        }
        .forward(&self.input, self.input_shape)
    }
}

/// Makes any integers provable: biases give way first, then weights.
fn fit(case: &mut Case) {
    while case
        .weights
        .prove(case.input_format, case.output_format)
        .is_err()
    {
        case.weights.bias.iter_mut().for_each(|bias| *bias /= 2);
        if case.weights.bias.iter().all(|&bias| bias == 0) {
            case.weights
                .mantissas
                .iter_mut()
                .for_each(|mantissa| *mantissa /= 2);
        }
    }
}

fn formats() -> impl Strategy<Value = ActivationFormat> {
    (2u32..=12, -2i32..=8, any::<bool>()).prop_map(|(bits, fraction_bits, signed)| {
        if signed {
            ActivationFormat::signed(bits, fraction_bits)
        } else {
            ActivationFormat::unsigned(bits.min(11), fraction_bits)
        }
    })
}

prop_compose! {
    /// Layers of every kind; a third of the weights and inputs are the extremes of their ranges.
    fn cases()(
        input_format in formats(),
        output_format in formats(),
        kernel in prop::sample::select(vec![1usize, 3, 5]),
        (groups, group_in, group_out) in prop::sample::select(vec![
            (1usize, 1usize, 1usize), (1, 7, 5), (1, 33, 4), (2, 3, 2), (6, 1, 1), (5, 1, 2),
        ]),
        height in 1usize..8,
        width in 1usize..8,
        shift in -3i32..=24,
        seed in any::<u64>(),
    ) -> Case {
        let mut mixer = Mixer(seed);
        let mut within = |low: i64, high: i64| match mixer.below(6) {
            0 => low,
            1 => high,
            _ => low + mixer.below((high - low + 1) as u64) as i64,
        };
        let channels_out = groups * group_out;
        let shape = [channels_out, group_in, kernel, kernel];
        let exponents: Vec<i8> = (0..channels_out)
            .map(|_| {
                // Neighbouring channels have neighbouring exponents, as in real layers.
                let shift = shift - within(0, 2) as i32;
                (shift - input_format.fraction_bits + output_format.fraction_bits).clamp(-16, 30) as i8
            })
            .collect();
        let mantissas = (0..shape.iter().product()).map(|_| within(-127, 127) as i8).collect();
        let bias = (0..channels_out).map(|_| within(-(1 << 23), 1 << 23) as i32).collect();
        let input_shape = [groups * group_in, height, width];
        let input = (0..input_shape.iter().product())
            .map(|_| within(input_format.minimum.into(), input_format.maximum.into()) as i32)
            .collect();
        let weights = DyadicWeights { shape, mantissas, exponents, bias };
        let mut case = Case { input_format, output_format, groups, weights, input_shape, input };
        fit(&mut case);
        case
    }
}

/// A layer whose sums come as close to 2^24 as can be: all weights ±127, all inputs at their
/// extreme, the bias takes what is left. `sign` says which weights are negative.
fn at_the_bound(
    kernel: usize,
    group_in: usize,
    groups: usize,
    sign: impl Fn(usize) -> bool,
) -> Case {
    let format = ActivationFormat::signed(12, 4);
    let shape = [2 * groups, group_in, kernel, kernel];
    let taps = group_in * kernel * kernel;
    let weight = |i: usize| if sign(i % taps) { -127 } else { 127 };
    let mantissas: Vec<i8> = (0..shape.iter().product()).map(weight).collect();
    // Shift of 12: half a unit of the output is 2^11.
    let rest = PARTIAL_SUM_LIMIT - 1 - (1 << 11) - taps as i64 * 127 * format.magnitude();
    assert!(rest >= 0);
    // The first channel of a group adds its bias where the second takes it away.
    let bias = (0..2 * groups)
        .map(|i| if i % 2 == 0 { rest } else { -rest } as i32)
        .collect();
    let weights = DyadicWeights {
        shape,
        mantissas,
        exponents: vec![12; 2 * groups],
        bias,
    };
    assert_eq!(weights.prove(format, format), Ok(PARTIAL_SUM_LIMIT - 1));
    let input_shape = [group_in * groups, kernel, kernel];
    // Each weight meets an input of its own sign: nothing cancels at the middle pixel.
    let input = (0..input_shape.iter().product())
        .map(|i: usize| {
            if sign(i % taps) {
                format.minimum
            } else {
                format.maximum
            }
        })
        .collect();
    Case {
        input_format: format,
        output_format: format,
        groups,
        weights,
        input_shape,
        input,
    }
}

fn matches_at_the_bound<B: ModelBackend>() {
    for (kernel, group_in, groups) in [(1, 64, 1), (3, 7, 1), (3, 1, 8), (1, 32, 2)] {
        for case in [
            at_the_bound(kernel, group_in, groups, |_| false),
            at_the_bound(kernel, group_in, groups, |_| true),
            at_the_bound(kernel, group_in, groups, |i| i % 2 == 0),
            at_the_bound(kernel, group_in, groups, |i| {
                i < group_in * kernel * kernel / 2
            }),
        ] {
            assert_eq!(
                case.run::<B>(),
                case.reference(),
                "{kernel} {group_in} {groups}"
            );
        }
    }
}

/// Every shift, with sums around each half and at the limit.
fn requantization_rounds_halves_up<B: ModelBackend>() {
    for shift in -4i32..=24 {
        let half = if shift > 0 { 1i64 << (shift - 1) } else { 0 };
        let limit = PARTIAL_SUM_LIMIT - 1 - half;
        let sums: Vec<i64> = [
            0,
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            2 * half,
            3 * half,
            5 * half,
            4095 * half,
            limit,
        ]
        .into_iter()
        .flat_map(|sum| [sum - 1, sum, sum + 1])
        .flat_map(|sum| [sum, -sum])
        .filter(|sum| sum.abs() <= limit)
        .collect();
        let format = ActivationFormat::signed(12, 3);
        let values: Vec<f32> = sums
            .iter()
            .map(|&sum| sum as f32 * 2f32.powi(-shift - 3))
            .collect();
        let values = Tensor::<B, 1>::from_floats(values.as_slice(), &Default::default());
        let quantized = format.quantize(values).into_data().to_vec::<f32>().unwrap();
        for (sum, value) in sums.into_iter().zip(format.to_integers(&quantized)) {
            let rounded = if shift > 0 {
                (sum + half) >> shift
            } else {
                sum << -shift
            };
            assert_eq!(
                i64::from(value),
                rounded.clamp(-2047, 2047),
                "shift {shift}, sum {sum}"
            );
        }
    }
}

/// A convolution between pixel shuffles is a convolution between permutations of integers.
fn shuffles_keep_exactness<B: ModelBackend>() {
    let case = {
        let mut case = at_the_bound(3, 7, 1, |i| i % 3 == 0);
        case.weights = DyadicWeights {
            shape: [8, 4, 3, 3],
            mantissas: (0..8 * 36).map(|i| (i * 89 % 255 - 127) as i8).collect(),
            exponents: vec![9; 8],
            bias: (0..8).map(|i| i * 4001 - 9000).collect(),
        };
        case.input_shape = [4, 3, 5];
        case.input = (0..60).map(|i| i * 1237 % 4095 - 2047).collect();
        case
    };
    let step = case.input_format.step();
    let planes: Vec<f32> = case.input.iter().map(|&n| n as f32 * step).collect();
    let planes =
        Tensor::<B, 4>::from_data(TensorData::new(planes, [1, 4, 3, 5]), &Default::default());
    let picture = pixel_shuffle(planes, 2);
    let output = pixel_shuffle(case.layer::<B>().forward(pixel_unshuffle(picture, 2)), 2);
    assert_eq!(output.dims(), [1, 2, 6, 10]);
    let output = case
        .output_format
        .to_integers(&output.into_data().to_vec::<f32>().unwrap());
    let reference = case.reference();
    for (i, value) in output.into_iter().enumerate() {
        let (channel, y, x) = (i / 60, i / 10 % 6, i % 10);
        let source = channel * 4 + y % 2 * 2 + x % 2;
        assert_eq!(value, reference[(source * 3 + y / 2) * 5 + x / 2]);
    }
}

macro_rules! on_backend {
    ($name:ident, $backend:ty) => {
        mod $name {
            use super::*;

            proptest! {
                #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..Default::default() })]
                #[test]
                fn any_layer_equals_integer_arithmetic(case in cases()) {
                    prop_assert_eq!(case.run::<$backend>(), case.reference());
                }
            }

            #[test]
            fn layers_at_the_bound_equal_integer_arithmetic() {
                matches_at_the_bound::<$backend>();
            }

            #[test]
            fn requantization_rounds_halves_up() {
                super::requantization_rounds_halves_up::<$backend>();
            }

            #[test]
            fn pixel_shuffles_keep_exactness() {
                shuffles_keep_exactness::<$backend>();
            }
        }
    };
}

#[cfg(feature = "flex")]
on_backend!(flex, burn::backend::Flex);
#[cfg(feature = "ndarray")]
on_backend!(ndarray, burn::backend::NdArray);
#[cfg(feature = "cuda")]
on_backend!(cuda, burn::backend::Cuda);
#[cfg(feature = "vulkan")]
on_backend!(vulkan, burn::backend::Vulkan);
