use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::{matrix_conv, pad_edges};

/// Configuration of an [`EdgeConv3d`].
#[derive(Config, Debug)]
pub struct EdgeConv3dConfig {
    /// Channels in.
    pub channels_in: usize,
    /// Channels out.
    pub channels_out: usize,
    /// Frames that the kernel covers; odd.
    #[config(default = 3)]
    pub frames: usize,
    /// Side of the kernel; odd.
    #[config(default = 3)]
    pub kernel: usize,
}

/// A convolution over time, height and width that repeats the first and last frames, rows and
/// columns as far as its kernel reaches, so that the size stays.
///
/// It is computed as one 2D convolution over frames whose channels are those of all frames that the
/// kernel covers: the same sums as burn's `conv3d`, at the speed of matrix products, backwards too
/// (`docs/decisions/0006-groups-of-frames.md`).
#[derive(Module, Debug)]
pub struct EdgeConv3d<B: Backend> {
    weight: Param<Tensor<B, 5>>,
    bias: Param<Tensor<B, 1>>,
}

impl EdgeConv3dConfig {
    /// The layer with burn's default (Kaiming uniform) initialization, without bias.
    pub fn init<B: Backend>(&self, device: &B::Device) -> EdgeConv3d<B> {
        let fan_in = self.channels_in * self.frames * self.kernel * self.kernel;
        let initializer = Initializer::KaimingUniform {
            gain: 1.0 / 3f64.sqrt(),
            fan_out_only: false,
        };
        let shape = [
            self.channels_out,
            self.channels_in,
            self.frames,
            self.kernel,
            self.kernel,
        ];
        EdgeConv3d {
            weight: initializer.init_with(shape, Some(fan_in), None, device),
            bias: Initializer::Zeros.init([self.channels_out], device),
        }
    }
}

impl<B: Backend> EdgeConv3d<B> {
    /// # Shapes
    /// `[batch, frames, channels_in, height, width]` to
    /// `[batch, frames, channels_out, height, width]`: channels after frames, so that frames are a
    /// batch of pictures without moving a value.
    pub fn forward(&self, input: Tensor<B, 5>) -> Tensor<B, 5> {
        let weight = self.weight.val();
        let [channels_out, channels_in, span, kernel, _] = weight.dims();
        let [batch, frames, _, height, width] = input.dims();
        let reach = span / 2;
        let padded = if reach == 0 {
            input
        } else {
            let edge = |at| input.clone().narrow(1, at, 1).repeat_dim(1, reach);
            let (first, last) = (edge(0), edge(frames - 1));
            Tensor::cat(vec![first, input, last], 1)
        };
        let taps = (0..span).map(|tap| padded.clone().narrow(1, tap, frames));
        let taps = Tensor::cat(taps.collect(), 2).reshape([
            batch * frames,
            span * channels_in,
            height,
            width,
        ]);
        let weight = weight.permute([0, 2, 1, 3, 4]).reshape([
            channels_out,
            span * channels_in,
            kernel,
            kernel,
        ]);
        matrix_conv(pad_edges(taps, kernel / 2), weight, Some(self.bias.val())).reshape([
            batch,
            frames,
            channels_out,
            height,
            width,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::{Autodiff, Flex};
    use burn::tensor::Distribution;
    use burn::tensor::module::conv3d;
    use burn::tensor::ops::ConvOptions;

    type B = Autodiff<Flex>;

    /// Inside, where no edge is repeated, output and gradient of the weights are burn's.
    #[test]
    fn agrees_with_the_convolution_of_burn_forwards_and_backwards() {
        let device = Default::default();
        let layer = EdgeConv3dConfig::new(2, 3).init::<B>(&device);
        let input = Tensor::<B, 5>::random([2, 5, 2, 6, 4], Distribution::Default, &device);
        let inside = |tensor: Tensor<B, 5>| tensor.narrow(1, 1, 3).narrow(3, 1, 4).narrow(4, 1, 2);
        let ours = inside(layer.forward(input.clone()));
        let burns = conv3d(
            input.permute([0, 2, 1, 3, 4]),
            layer.weight.val(),
            None,
            ConvOptions::new([1, 1, 1], [0, 0, 0], [1, 1, 1], 1),
        )
        .permute([0, 2, 1, 3, 4]);
        let wanted = Tensor::<B, 5>::random(ours.dims(), Distribution::Default, &device);
        let gradient = |output: Tensor<B, 5>| {
            let gradients = (output * wanted.clone()).sum().backward();
            layer.weight.val().grad(&gradients).unwrap()
        };
        let difference = (ours.clone() - burns.clone()).abs().max().into_scalar();
        // Single precision, sums of at most 54 and 48 products below 1.
        assert!(difference < 1e-4, "{difference}");
        let difference = (gradient(ours) - gradient(burns)).abs().max().into_scalar();
        assert!(difference < 1e-4, "{difference}");
    }

    #[test]
    fn a_constant_stays_constant_up_to_the_first_and_last_frame() {
        let layer = EdgeConv3dConfig::new(2, 1).init::<Flex>(&Default::default());
        let output = layer.forward(Tensor::ones([1, 1, 2, 2, 3], &Default::default()));
        let first = output.clone().narrow(3, 0, 1).narrow(4, 0, 1);
        // The same 54 products, perhaps added in another order.
        assert!((output - first).abs().max().into_scalar() < 1e-5);
    }
}
