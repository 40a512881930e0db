use std::sync::Arc;

use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::tensor::backend::Backend;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::{ActivationFormat, DyadicWeights, PARTIAL_SUM_LIMIT, WEIGHT_LIMIT};
use crate::backend::{ModelBackend, lower_bound};
use crate::layers::convolution::{blend, restarted};
use crate::layers::quantize::straight_through;
use crate::layers::{matrix_conv, pad_edges};

/// What training does where an output leaves its format's range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BoundGradient {
    /// The gradient stops, as that of a ReLU: for hidden layers.
    Stop,
    /// The gradient passes where it pushes back into the range: for parameters of a
    /// distribution, which would otherwise be stuck at the bound.
    PushBack,
}

/// Configuration of an [`ExactConv2d`].
#[derive(Config, Debug)]
pub struct ExactConv2dConfig {
    /// Channels in.
    pub channels_in: usize,
    /// Channels out.
    pub channels_out: usize,
    /// Format of the input.
    pub input: ActivationFormat,
    /// Format of the output; one from zero up makes the layer end in a ReLU.
    pub output: ActivationFormat,
    /// Side of the kernel; odd.
    #[config(default = 3)]
    pub kernel: usize,
    /// Groups; `channels_in` of them make it depthwise.
    #[config(default = 1)]
    pub groups: usize,
    /// Value that every bias starts with.
    #[config(default = 0.0)]
    pub bias_init: f64,
    /// Gradient outside the output's range.
    #[config(default = "BoundGradient::Stop")]
    pub bound_gradient: BoundGradient,
}

/// A convolution on dyadic numbers, with requantization (and thereby ReLU) behind it.
///
/// In training it computes with fake-quantized weights and outputs, with straight-through
/// gradients (Jacob et al., "Quantization and Training of Neural Networks for Efficient
/// Integer-Arithmetic-Only Inference", 2018; here with power-of-two scales only). Once it is
/// [frozen](Self::freeze) its weights are integers over powers of two, and its output has one
/// right value, bit for bit, on every backend.
#[derive(Module, Debug)]
pub struct ExactConv2d<B: Backend> {
    weight: Param<Tensor<B, 4>>,
    bias: Param<Tensor<B, 1>>,
    #[module(skip)]
    input: ActivationFormat,
    #[module(skip)]
    output: ActivationFormat,
    #[module(skip)]
    bound_gradient: BoundGradient,
    groups: usize,
    /// What a frozen layer computes with. Kept beside the floats, because quantizing dyadic floats
    /// once more may choose another exponent and change the layer.
    #[module(skip)]
    frozen: Option<Arc<DyadicWeights>>,
}

impl ExactConv2dConfig {
    /// The trainable layer, weights from Kaiming's uniform distribution.
    pub fn init<B: Backend>(&self, device: &B::Device) -> ExactConv2d<B> {
        let fan_in = self.channels_in / self.groups * self.kernel * self.kernel;
        let shape = [
            self.channels_out,
            self.channels_in / self.groups,
            self.kernel,
            self.kernel,
        ];
        let initializer = Initializer::KaimingUniform {
            gain: 1.0 / 3f64.sqrt(),
            fan_out_only: false,
        };
        ExactConv2d {
            weight: initializer.init_with(shape, Some(fan_in), None, device),
            bias: Initializer::Constant {
                value: self.bias_init,
            }
            .init([self.channels_out], device),
            input: self.input,
            output: self.output,
            bound_gradient: self.bound_gradient,
            groups: self.groups,
            frozen: None,
        }
    }
}

impl<B: Backend> ExactConv2d<B> {
    /// The layer with these weights, `[channels_out, channels_in / groups, kernel, kernel]`, and a
    /// little noise about them, and with these biases, one an output channel.
    ///
    /// # Panics
    /// If the lengths do not fit, or the layer is frozen.
    pub fn starting_at(mut self, weights: &[f32], bias: &[f32]) -> Self {
        assert!(self.frozen.is_none(), "a frozen layer does not change");
        self.weight = restarted(&self.weight, |random| blend(random, weights));
        self.bias = restarted(&self.bias, |zeros| {
            assert_eq!(bias.len(), zeros.dims()[0], "one bias an output channel");
            Tensor::from_floats(bias, &zeros.device())
        });
        self
    }

    /// The layer with its weights multiplied by a factor.
    ///
    /// # Panics
    /// If the layer is frozen.
    pub(crate) fn scaled(mut self, factor: f32) -> Self {
        assert!(self.frozen.is_none(), "a frozen layer does not change");
        self.weight = restarted(&self.weight, |weight| weight * factor);
        self
    }

    /// The integers nearest to the layer's weights; of a frozen layer, its own.
    pub fn to_dyadic(&self) -> DyadicWeights {
        if let Some(dyadic) = &self.frozen {
            return DyadicWeights::clone(dyadic);
        }
        let shape = self.weight_shape();
        let weight = host_values(self.weight.val());
        let bias = host_values(self.bias.val());
        DyadicWeights::quantize(shape, &weight, &bias, self.input, self.output)
    }

    /// The layer with its weights replaced by the nearest integers, computing exactly from now on.
    ///
    /// # Panics
    /// If a weight is not finite.
    pub fn freeze(self) -> Self {
        let dyadic = self.to_dyadic();
        self.with_dyadic(dyadic)
    }

    /// The frozen layer of these very integers.
    ///
    /// # Panics
    /// If they are not of the layer's shape.
    pub fn with_dyadic(self, dyadic: DyadicWeights) -> Self {
        let shape = self.weight_shape();
        assert_eq!(dyadic.shape, shape, "integers of another layer");
        let device = self.weight.lazy_device();
        let weight = TensorData::new(dyadic.weight_values(), shape);
        let bias = TensorData::new(dyadic.bias_values(self.input), [shape[0]]);
        Self {
            weight: Param::initialized(self.weight.id, Tensor::from_data(weight, &device)),
            bias: Param::initialized(self.bias.id, Tensor::from_data(bias, &device)),
            frozen: Some(Arc::new(dyadic)),
            ..self
        }
    }

    /// The trainable layer that computes what a frozen one does, up to its rounding of weights.
    pub(crate) fn thaw(self) -> Self {
        Self {
            frozen: None,
            ..self
        }
    }

    /// The values of the kernel, `[channels_out, channels_in / groups, kernel, kernel]`.
    pub(crate) fn weight(&self) -> Tensor<B, 4> {
        self.weight.val()
    }

    /// `[channels_out, channels_in / groups, kernel, kernel]`.
    pub fn weight_shape(&self) -> [usize; 4] {
        self.weight.lazy_shape().dims()
    }

    /// The format of the input.
    pub fn input_format(&self) -> ActivationFormat {
        self.input
    }

    /// The format of the output.
    pub fn output_format(&self) -> ActivationFormat {
        self.output
    }
}

impl<B: ModelBackend> ExactConv2d<B> {
    /// Convolves (stride 1, edges repeated so that the size stays) and requantizes.
    ///
    /// # Shapes
    /// `[batch, channels_in, height, width]` in the input format to
    /// `[batch, channels_out, height, width]` in the output format.
    pub fn forward(&self, input: Tensor<B, 4>) -> Tensor<B, 4> {
        if self.frozen.is_some() {
            let sums = self.convolve(input, self.weight.val(), self.bias.val());
            return self.output.quantize(sums);
        }
        let (weight, bias) = self.fake_quantized_weights();
        let sums = self.convolve(input, weight, bias);
        let (low, high) = (
            self.output.minimum as f32 * self.output.step(),
            self.output.maximum as f32 * self.output.step(),
        );
        let bounded = match self.bound_gradient {
            BoundGradient::Stop => sums.clamp(low, high),
            BoundGradient::PushBack => lower_bound(lower_bound(sums, low).neg(), -high).neg(),
        };
        let quantized = self.output.quantize(bounded.clone());
        straight_through(bounded, quantized)
    }

    fn convolve(
        &self,
        input: Tensor<B, 4>,
        weight: Tensor<B, 4>,
        bias: Tensor<B, 1>,
    ) -> Tensor<B, 4> {
        let reach = weight.dims()[2] / 2;
        if self.frozen.is_none() && self.groups == 1 {
            return matrix_conv(pad_edges(input, reach), weight, Some(bias));
        }
        let options = ConvOptions::new([1, 1], [0, 0], [1, 1], self.groups);
        conv2d(pad_edges(input, reach), weight, Some(bias), options)
    }

    /// The tensor twin of [`DyadicWeights::quantize`], differentiable.
    fn fake_quantized_weights(&self) -> (Tensor<B, 4>, Tensor<B, 1>) {
        let weight = self.weight.val();
        let bias = self.bias.val();
        let channels = weight.dims()[0];
        let rows = weight.clone().detach().abs().reshape([channels as i32, -1]);
        let bias_units = bias.clone().detach().abs() * 2f32.powi(self.input.fraction_bits);
        let by_size = rows.clone().max_dim(1).add_scalar(1e-12).recip() * WEIGHT_LIMIT as f32;
        let by_sum = (rows.sum_dim(1) * self.input.magnitude() as f32
            + bias_units.reshape([channels, 1])
            + 1e-12)
            .recip()
            * (PARTIAL_SUM_LIMIT as f32 * 0.97);
        let ln_2 = std::f32::consts::LN_2;
        let exponent = (by_size.min_pair(by_sum).log() / ln_2)
            .floor()
            .clamp(-16.0, 30.0);
        let scale = (exponent * ln_2).exp();

        let weight_scale = scale.clone().reshape([channels, 1, 1, 1]);
        let limit = WEIGHT_LIMIT as f32;
        let quantized_weight = (weight.clone() * weight_scale.clone() + 0.5)
            .floor()
            .clamp(-limit, limit)
            / weight_scale;
        let bias_scale = scale.reshape([channels]) * 2f32.powi(self.input.fraction_bits);
        let quantized_bias = (bias.clone() * bias_scale.clone() + 0.5).floor() / bias_scale;
        (
            straight_through(weight, quantized_weight),
            straight_through(bias, quantized_bias),
        )
    }
}

fn host_values<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> Vec<f32> {
    tensor
        .into_data()
        .convert::<f32>()
        .to_vec()
        .expect("converted to f32 above")
}
