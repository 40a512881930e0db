use super::{ActivationFormat, DyadicWeights};

/// An exact convolution in plain integer arithmetic: slow, and right by looking at it. The layer
/// that computes in floats is held against it, in tests and in the check of a device.
#[derive(Debug, Clone, Copy)]
pub struct IntegerConv2d<'a> {
    /// The layer's integers.
    pub weights: &'a DyadicWeights,
    /// Groups; `channels_in` of them make it depthwise.
    pub groups: usize,
    /// Format of the input.
    pub input: ActivationFormat,
    /// Format of the output.
    pub output: ActivationFormat,
}

impl IntegerConv2d<'_> {
    /// Convolves (stride 1, edges repeated so that the size stays) and requantizes.
    ///
    /// # Shapes
    /// Integers of the input format, `[channels_in, height, width]` as `shape` says, to those of
    /// the output format, `[channels_out, height, width]`.
    ///
    /// # Panics
    /// If the lengths do not fit.
    pub fn forward(&self, input: &[i32], shape: [usize; 3]) -> Vec<i32> {
        let [channels_in, height, width] = shape;
        let [channels_out, group_in, kernel, _] = self.weights.shape;
        assert_eq!(channels_in, group_in * self.groups, "channels");
        assert_eq!(input.len(), channels_in * height * width, "length");
        let near = |position: usize, tap: usize, size: usize| {
            (position + tap).saturating_sub(kernel / 2).min(size - 1)
        };
        let taps = kernel * kernel;
        let mut output = Vec::with_capacity(channels_out * height * width);
        for channel in 0..channels_out {
            let first_in = channel / (channels_out / self.groups) * group_in;
            let weights = &self.weights.mantissas[channel * group_in * taps..][..group_in * taps];
            for y in 0..height {
                for x in 0..width {
                    let mut sum = i64::from(self.weights.bias[channel]);
                    for (i, &weight) in weights.iter().enumerate() {
                        let row = near(y, i / kernel % kernel, height);
                        let column = near(x, i % kernel, width);
                        let source = ((first_in + i / taps) * height + row) * width + column;
                        sum += i64::from(weight) * i64::from(input[source]);
                    }
                    output.push(self.requantize(sum, channel));
                }
            }
        }
        output
    }

    fn requantize(&self, sum: i64, channel: usize) -> i32 {
        let exponent = i32::from(self.weights.exponents[channel]);
        let shift = exponent + self.input.fraction_bits - self.output.fraction_bits;
        let rounded = if shift > 0 {
            (sum + (1 << (shift - 1))) >> shift
        } else {
            sum << -shift
        };
        rounded.clamp(self.output.minimum.into(), self.output.maximum.into()) as i32
    }
}
