use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

use super::{matrix_conv, pad_edges, pointwise};

/// Configuration of an [`EdgeConv2d`].
#[derive(Config, Debug)]
pub struct EdgeConv2dConfig {
    /// Channels in.
    pub channels_in: usize,
    /// Channels out.
    pub channels_out: usize,
    /// Side of the kernel; odd.
    #[config(default = 3)]
    pub kernel: usize,
    /// Factor by which height and width shrink.
    #[config(default = 1)]
    pub stride: usize,
}

/// A convolution that repeats the edge of its input as far as its kernel reaches.
///
/// Not zeros: at 1/64 of its size a training crop of 128×128 pixels is 2×2, where every kernel
/// meets the edge, and layers that learn to make up for zeros there are wrong by as much inside of
/// a picture (see `docs/decisions/0004-edge-padding.md`).
#[derive(Module, Debug)]
pub struct EdgeConv2d<B: Backend> {
    convolution: Conv2d<B>,
    reach: usize,
}

impl EdgeConv2dConfig {
    /// The layer with burn's default (Kaiming uniform) initialization.
    pub fn init<B: Backend>(&self, device: &B::Device) -> EdgeConv2d<B> {
        EdgeConv2d {
            convolution: Conv2dConfig::new([self.channels_in, self.channels_out], [self.kernel; 2])
                .with_stride([self.stride; 2])
                .with_padding(PaddingConfig2d::Valid)
                .init(device),
            reach: self.kernel / 2,
        }
    }
}

/// Share of the random initialization that is kept beside given weights: more would blur them (a
/// tenth costs 3 dB of what the transforms keep of a picture).
const NOISE_SHARE: f32 = 0.02;

/// A parameter with other values. They are detached from those before, as [`Param::map`] would not
/// do: the result of an operation gets no gradient of its own, and would never be trained.
pub(crate) fn restarted<B: Backend, const D: usize>(
    parameter: &Param<Tensor<B, D>>,
    values: impl FnOnce(Tensor<B, D>) -> Tensor<B, D>,
) -> Param<Tensor<B, D>> {
    Param::from_tensor(values(parameter.val()).detach())
}

/// Given weights with a little noise about them.
pub(super) fn blend<B: Backend>(random: Tensor<B, 4>, weights: &[f32]) -> Tensor<B, 4> {
    let (shape, device) = (random.shape(), random.device());
    random * NOISE_SHARE + Tensor::from_data(TensorData::new(weights.to_vec(), shape), &device)
}

impl<B: Backend> EdgeConv2d<B> {
    /// The layer with these weights, `[channels_out, channels_in, kernel, kernel]`, and a little
    /// noise about them, without bias.
    pub(crate) fn starting_at(mut self, weights: &[f32]) -> Self {
        self.convolution.weight =
            restarted(&self.convolution.weight, |random| blend(random, weights));
        self.without_bias()
    }

    /// The layer with its weights multiplied by a factor, without bias.
    pub(crate) fn scaled(mut self, factor: f32) -> Self {
        self.convolution.weight = restarted(&self.convolution.weight, |weight| weight * factor);
        self.without_bias()
    }

    /// The layer with the weights of each output channel multiplied by a factor, without bias.
    pub(crate) fn with_outputs_scaled(self, factors: &[f32]) -> Self {
        self.times(factors, [factors.len(), 1, 1, 1])
    }

    /// The layer with the weights of each input channel multiplied by a factor, without bias.
    pub(crate) fn with_inputs_scaled(self, factors: &[f32]) -> Self {
        self.times(factors, [1, factors.len(), 1, 1])
    }

    fn times(mut self, factors: &[f32], shape: [usize; 4]) -> Self {
        self.convolution.weight = restarted(&self.convolution.weight, |weight| {
            let factors = TensorData::new(factors.to_vec(), shape);
            let factors = Tensor::from_data(factors, &weight.device());
            weight * factors
        });
        self.without_bias()
    }

    fn without_bias(mut self) -> Self {
        self.convolution.bias = self
            .convolution
            .bias
            .map(|bias| restarted(&bias, |values| values.zeros_like()));
        self
    }

    /// The kernel, `[channels_out, channels_in, kernel, kernel]`.
    pub(crate) fn weight(&self) -> Tensor<B, 4> {
        self.convolution.weight.val()
    }

    /// # Shapes
    /// `[batch, channels_in, height, width]` to
    /// `[batch, channels_out, ⌈height / stride⌉, ⌈width / stride⌉]`.
    pub fn forward(&self, input: Tensor<B, 4>) -> Tensor<B, 4> {
        let input = pad_edges(input, self.reach);
        if self.convolution.stride != [1, 1] {
            return self.convolution.forward(input);
        }
        let weight = self.convolution.weight.val();
        let bias = self.convolution.bias.as_ref().map(|bias| bias.val());
        if self.reach == 0 {
            pointwise(input, weight.flatten(1, 3), bias)
        } else {
            matrix_conv(input, weight, bias)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::Flex;

    #[test]
    fn a_constant_stays_constant_up_to_the_edge() {
        let device = Default::default();
        let layer = EdgeConv2dConfig::new(2, 3)
            .with_kernel(5)
            .with_stride(2)
            .init::<Flex>(&device);
        let output = layer.forward(Tensor::ones([1, 2, 4, 6], &device));
        assert_eq!(output.dims(), [1, 3, 2, 3]);
        let first = output.clone().narrow(2, 0, 1).narrow(3, 0, 1);
        let difference = (output - first).abs().max().into_scalar();
        // The same 50 products, perhaps added in another order.
        assert!(difference < 1e-5, "{difference}");
    }
}
