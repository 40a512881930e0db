//! Convolutions of stride 1 as matrix products.
//!
//! burn's convolutions give the same numbers, but their backward passes take the output's gradient
//! as a kernel of the picture's size, and adding a bias to a batch walks element by element. On Flex
//! that made 1×1 layers 1.4 to 2.4 times as slow; 3×3 layers are no slower (`docs/training/speed.md`).

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

/// A 1×1 convolution.
///
/// # Shapes
/// Input `[batch, channels_in, height, width]`, weight `[channels_out, channels_in]`, bias
/// `[channels_out]`, output `[batch, channels_out, height, width]`.
pub(crate) fn pointwise<B: Backend>(
    input: Tensor<B, 4>,
    weight: Tensor<B, 2>,
    bias: Option<Tensor<B, 1>>,
) -> Tensor<B, 4> {
    let [batch, channels_in, height, width] = input.dims();
    let channels_out = weight.dims()[0];
    let columns = input.reshape([batch, channels_in, height * width]);
    let product = weight.unsqueeze::<3>().matmul(columns);
    with_bias(product, bias).reshape([batch, channels_out, height, width])
}

/// A convolution without padding.
///
/// # Shapes
/// Input `[batch, channels_in, height, width]`, weight
/// `[channels_out, channels_in, kernel, kernel]`, bias `[channels_out]`, output
/// `[batch, channels_out, height − kernel + 1, width − kernel + 1]`.
pub(super) fn matrix_conv<B: Backend>(
    input: Tensor<B, 4>,
    weight: Tensor<B, 4>,
    bias: Option<Tensor<B, 1>>,
) -> Tensor<B, 4> {
    let [batch, channels_in, height, width] = input.dims();
    let [channels_out, _, kernel, _] = weight.dims();
    let (rows, columns) = (height + 1 - kernel, width + 1 - kernel);
    // Taken as one line, the input of a tap is the same stretch for all outputs, moved; what falls
    // between two rows of outputs is cut off at the end. All taps make one product: apart, each of
    // their weights' gradients would be written into a kernel of zeros.
    let stretch = (rows - 1) * width + columns;
    let line = input.reshape([batch, channels_in, height * width]);
    let taps = (0..kernel * kernel).map(|tap| {
        line.clone()
            .narrow(2, tap / kernel * width + tap % kernel, stretch)
    });
    let taps = Tensor::cat(taps.collect(), 1);
    let weight =
        weight
            .permute([0, 2, 3, 1])
            .reshape([1, channels_out, kernel * kernel * channels_in]);
    let sum = weight.matmul(taps);
    let rest = Tensor::zeros([batch, channels_out, kernel - 1], &sum.device());
    let sum = with_bias(Tensor::cat(vec![sum, rest], 2), bias);
    sum.reshape([batch, channels_out, rows, width])
        .narrow(3, 0, columns)
}

fn with_bias<B: Backend>(sum: Tensor<B, 3>, bias: Option<Tensor<B, 1>>) -> Tensor<B, 3> {
    let Some(bias) = bias else {
        return sum;
    };
    let [batch, channels, positions] = sum.dims();
    let rows = batch * channels;
    let bias = bias.reshape([1, channels]).repeat_dim(0, batch);
    (sum.reshape([rows, positions]) + bias.reshape([rows, 1])).reshape([batch, channels, positions])
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::{Autodiff, Flex};
    use burn::tensor::Distribution;
    use burn::tensor::module::conv2d;
    use burn::tensor::ops::ConvOptions;

    fn compare(
        kernel: usize,
        convolve: impl FnOnce([Tensor<Flex, 4>; 2], Tensor<Flex, 1>) -> Tensor<Flex, 4>,
    ) {
        let device = Default::default();
        let random = |shape| Tensor::<Flex, 4>::random(shape, Distribution::Default, &device);
        let (input, weight) = (random([2, 5, 6, 4]), random([7, 5, kernel, kernel]));
        let bias = Tensor::from_floats([1., -2., 3., 0., 5., 6., 7.], &device);
        let options = ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
        let expected = conv2d(input.clone(), weight.clone(), Some(bias.clone()), options);
        let actual = convolve([input, weight], bias);
        // Single precision, sums of at most 45 products below 1.
        assert!((actual - expected).abs().max().into_scalar() < 1e-4);
    }

    #[test]
    fn agrees_with_the_convolution() {
        compare(3, |[input, weight], bias| {
            matrix_conv(input, weight, Some(bias))
        });
    }

    /// All three gradients, which is what these layers are for.
    #[test]
    fn gradients_agree_with_those_of_the_convolution() {
        type B = Autodiff<Flex>;
        let device = Default::default();
        for kernel in [1, 3] {
            let random = |shape| Tensor::<B, 4>::random(shape, Distribution::Default, &device);
            let side = 7 - kernel;
            let input = random([2, 5, 6, 6]).require_grad();
            let weight = random([7, 5, kernel, kernel]).require_grad();
            let bias = Tensor::<B, 1>::ones([7], &device).require_grad();
            let wanted = random([2, 7, side, side]);
            let gradients = |output: Tensor<B, 4>| {
                let gradients = (output * wanted.clone()).sum().backward();
                [
                    input.grad(&gradients).unwrap().flatten::<1>(0, 3),
                    weight.grad(&gradients).unwrap().flatten::<1>(0, 3),
                    bias.grad(&gradients).unwrap(),
                ]
            };
            let options = ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
            let (x, w, b) = (input.clone(), weight.clone(), Some(bias.clone()));
            let expected = gradients(conv2d(x.clone(), w.clone(), b.clone(), options));
            let actual = gradients(match kernel {
                1 => pointwise(x, w.reshape([7, 5]), b),
                _ => matrix_conv(x, w, b),
            });
            for (actual, expected) in actual.into_iter().zip(expected) {
                // Single precision, sums of at most 72 products below 1.
                let error = (actual - expected).abs().max().into_scalar();
                assert!(error < 1e-4, "kernel {kernel}: {error}");
            }
        }
    }

    #[test]
    fn pointwise_agrees_with_the_convolution() {
        compare(1, |[input, weight], bias| {
            pointwise(input, weight.reshape([7, 5]), Some(bias))
        });
    }
}
