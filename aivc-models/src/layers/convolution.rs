//! Strided and transposed convolutions as the analysis and synthesis transforms use them.

use burn::config::Config;
use burn::module::Module;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

/// Configuration of a [`Downsampling`].
#[derive(Config, Debug)]
pub struct DownsamplingConfig {
    /// Channels in.
    pub channels_in: usize,
    /// Channels out.
    pub channels_out: usize,
    /// Side of the kernel; odd.
    #[config(default = 5)]
    pub kernel: usize,
    /// Factor by which height and width shrink.
    #[config(default = 2)]
    pub stride: usize,
}

/// A strided convolution that divides height and width by its stride.
#[derive(Module, Debug)]
pub struct Downsampling<B: Backend> {
    convolution: Conv2d<B>,
}

impl DownsamplingConfig {
    /// The layer with burn's default (Kaiming uniform) initialization.
    pub fn init<B: Backend>(&self, device: &B::Device) -> Downsampling<B> {
        let padding = self.kernel / 2;
        Downsampling {
            convolution: Conv2dConfig::new([self.channels_in, self.channels_out], [self.kernel; 2])
                .with_stride([self.stride; 2])
                .with_padding(PaddingConfig2d::Explicit(
                    padding, padding, padding, padding,
                ))
                .init(device),
        }
    }
}

/// Share of the random initialization that is kept beside given weights: more would blur them (a
/// tenth costs 3 dB of what the transforms keep of a picture).
const NOISE_SHARE: f32 = 0.02;

/// Given weights with a little noise about them.
pub(super) fn blend<B: Backend>(random: Tensor<B, 4>, weights: &[f32]) -> Tensor<B, 4> {
    let (shape, device) = (random.shape(), random.device());
    random * NOISE_SHARE + Tensor::from_data(TensorData::new(weights.to_vec(), shape), &device)
}

impl<B: Backend> Downsampling<B> {
    /// The layer with these weights, `[channels_out, channels_in, kernel, kernel]`, and a little
    /// noise about them.
    pub(crate) fn starting_at(mut self, weights: &[f32]) -> Self {
        self.convolution.weight = self.convolution.weight.map(|random| blend(random, weights));
        self
    }

    /// # Shapes
    /// `[batch, channels_in, height, width]` to
    /// `[batch, channels_out, ⌈height / stride⌉, ⌈width / stride⌉]`.
    pub fn forward(&self, input: Tensor<B, 4>) -> Tensor<B, 4> {
        self.convolution.forward(input)
    }
}

/// Configuration of an [`Upsampling`].
#[derive(Config, Debug)]
pub struct UpsamplingConfig {
    /// Channels in.
    pub channels_in: usize,
    /// Channels out.
    pub channels_out: usize,
    /// Side of the kernel; odd.
    #[config(default = 5)]
    pub kernel: usize,
    /// Factor by which height and width grow.
    #[config(default = 2)]
    pub stride: usize,
}

/// A transposed convolution that multiplies height and width by its stride.
#[derive(Module, Debug)]
pub struct Upsampling<B: Backend> {
    convolution: ConvTranspose2d<B>,
}

impl UpsamplingConfig {
    /// The layer with burn's default (Kaiming uniform) initialization.
    pub fn init<B: Backend>(&self, device: &B::Device) -> Upsampling<B> {
        Upsampling {
            convolution: ConvTranspose2dConfig::new(
                [self.channels_in, self.channels_out],
                [self.kernel; 2],
            )
            .with_stride([self.stride; 2])
            .with_padding([self.kernel / 2; 2])
            .with_padding_out([self.stride - 1; 2])
            .init(device),
        }
    }
}

impl<B: Backend> Upsampling<B> {
    /// The layer with these weights, `[channels_in, channels_out, kernel, kernel]`, and a little
    /// noise about them.
    pub(crate) fn starting_at(mut self, weights: &[f32]) -> Self {
        self.convolution.weight = self.convolution.weight.map(|random| blend(random, weights));
        self
    }

    /// # Shapes
    /// `[batch, channels_in, height, width]` to
    /// `[batch, channels_out, height·stride, width·stride]`.
    pub fn forward(&self, input: Tensor<B, 4>) -> Tensor<B, 4> {
        self.convolution.forward(input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::Flex;

    #[test]
    fn upsampling_undoes_the_shape_of_downsampling() {
        let device = Default::default();
        let picture = Tensor::<Flex, 4>::zeros([2, 3, 16, 24], &device);
        let small = DownsamplingConfig::new(3, 5).init(&device).forward(picture);
        assert_eq!(small.dims(), [2, 5, 8, 12]);
        let large = UpsamplingConfig::new(5, 3).init(&device).forward(small);
        assert_eq!(large.dims(), [2, 3, 16, 24]);
    }
}
