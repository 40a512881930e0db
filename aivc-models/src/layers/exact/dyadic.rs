use thiserror::Error;

use super::ActivationFormat;

/// Sums of fewer units than this are exact in f32.
pub const PARTIAL_SUM_LIMIT: i64 = 1 << 24;
/// Greatest `|m|` of a weight `m·2^-k`.
pub const WEIGHT_LIMIT: i32 = 127;
/// Range of the exponent `k`; outside it no useful layer lies.
const EXPONENT_RANGE: std::ops::RangeInclusive<i32> = -16..=30;
/// The share of the limit that the choice of `k` aims at; rounding of the weights needs the rest.
const AIM: f64 = 0.97;

/// Why integer weights are refused.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DyadicWeightsError {
    /// The parts do not have the sizes that the shape says.
    #[error("{part} has {actual} entries where the layer's shape needs {expected}")]
    Size {
        /// Which part.
        part: &'static str,
        /// Entries there are.
        actual: usize,
        /// Entries there should be.
        expected: usize,
    },
    /// A weight is out of range.
    #[error("weight {value} of output channel {channel} is beyond ±{WEIGHT_LIMIT}")]
    Weight {
        /// Output channel.
        channel: usize,
        /// The weight.
        value: i32,
    },
    /// An exponent is out of range.
    #[error("exponent {value} of output channel {channel} is outside -16..=30")]
    Exponent {
        /// Output channel.
        channel: usize,
        /// The exponent.
        value: i32,
    },
    /// Sums could leave the range in which f32 is exact.
    #[error("sums of output channel {channel} can reach {bound}, the limit is 2^24 = 16777216")]
    PartialSum {
        /// Output channel.
        channel: usize,
        /// Worst case, in units.
        bound: i64,
    },
}

/// The integers of an exact layer: weight `m·2^-k`, bias `b·2^-(k+j)` with the input's `j`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DyadicWeights {
    /// `[channels_out, channels_in / groups, kernel, kernel]`.
    pub shape: [usize; 4],
    /// `m`, in the order of `shape`.
    pub mantissas: Vec<i8>,
    /// `k` per output channel.
    pub exponents: Vec<i8>,
    /// `b` per output channel.
    pub bias: Vec<i32>,
}

impl DyadicWeights {
    /// The nearest integers to real weights, with the largest `k` per output channel that keeps
    /// every `|m| <= 127` and every sum provably exact.
    ///
    /// # Panics
    /// If the lengths do not fit `shape`, or a value is not finite.
    pub fn quantize(
        shape: [usize; 4],
        weights: &[f32],
        bias: &[f32],
        input: ActivationFormat,
        output: ActivationFormat,
    ) -> Self {
        let fan_in: usize = shape[1..].iter().product();
        assert_eq!(
            weights.len(),
            shape[0] * fan_in,
            "weights do not fit {shape:?}"
        );
        assert_eq!(bias.len(), shape[0], "bias does not fit {shape:?}");
        assert!(
            weights.iter().chain(bias).all(|v| v.is_finite()),
            "weights must be finite"
        );
        let mut result = Self {
            shape,
            mantissas: Vec::with_capacity(weights.len()),
            exponents: Vec::with_capacity(shape[0]),
            bias: Vec::with_capacity(shape[0]),
        };
        for (row, &bias) in weights.chunks_exact(fan_in).zip(bias) {
            let mut exponent = initial_exponent(row, bias, input);
            let (mantissas, bias) = loop {
                let (mantissas, integer_bias) = round_row(row, bias, exponent, input);
                let bound = partial_sum_bound(&mantissas, integer_bias, exponent, input, output);
                if bound < PARTIAL_SUM_LIMIT || exponent == *EXPONENT_RANGE.start() {
                    break (mantissas, integer_bias);
                }
                exponent -= 1;
            };
            result.mantissas.extend(mantissas);
            result.exponents.push(exponent as i8);
            result.bias.push(bias);
        }
        result
    }

    /// Checks sizes and ranges, and proves that no sum over inputs of the format `input`, in any
    /// order, reaches 2^24 units. Returns the worst case of all output channels.
    ///
    /// # Errors
    /// [`DyadicWeightsError`], with the first offending channel.
    pub fn prove(
        &self,
        input: ActivationFormat,
        output: ActivationFormat,
    ) -> Result<i64, DyadicWeightsError> {
        let channels = self.shape[0];
        let fan_in: usize = self.shape[1..].iter().product();
        let size = |part, actual, expected| {
            if actual == expected {
                Ok(())
            } else {
                Err(DyadicWeightsError::Size {
                    part,
                    actual,
                    expected,
                })
            }
        };
        size("weight", self.mantissas.len(), channels * fan_in)?;
        size("exponents", self.exponents.len(), channels)?;
        size("bias", self.bias.len(), channels)?;
        let mut worst = 0;
        for (channel, row) in self.mantissas.chunks_exact(fan_in.max(1)).enumerate() {
            if row.contains(&i8::MIN) {
                return Err(DyadicWeightsError::Weight {
                    channel,
                    value: i8::MIN.into(),
                });
            }
            let exponent = i32::from(self.exponents[channel]);
            if !EXPONENT_RANGE.contains(&exponent) {
                return Err(DyadicWeightsError::Exponent {
                    channel,
                    value: exponent,
                });
            }
            let bound = partial_sum_bound(row, self.bias[channel], exponent, input, output);
            if bound >= PARTIAL_SUM_LIMIT {
                return Err(DyadicWeightsError::PartialSum { channel, bound });
            }
            worst = worst.max(bound);
        }
        Ok(worst)
    }

    /// The weights as f32, without rounding.
    pub fn weight_values(&self) -> Vec<f32> {
        let fan_in: usize = self.shape[1..].iter().product();
        self.mantissas
            .iter()
            .enumerate()
            .map(|(i, &m)| f32::from(m) * 2f32.powi(-i32::from(self.exponents[i / fan_in])))
            .collect()
    }

    /// The bias as f32, without rounding, for inputs of the format `input`.
    pub fn bias_values(&self, input: ActivationFormat) -> Vec<f32> {
        self.bias
            .iter()
            .zip(&self.exponents)
            .map(|(&b, &k)| b as f32 * 2f32.powi(-i32::from(k) - input.fraction_bits))
            .collect()
    }
}

fn initial_exponent(row: &[f32], bias: f32, input: ActivationFormat) -> i32 {
    let largest = row.iter().fold(0f64, |max, w| max.max(f64::from(w.abs())));
    let sum: f64 = row.iter().map(|w| f64::from(w.abs())).sum();
    let bias = f64::from(bias.abs()) * 2f64.powi(input.fraction_bits);
    let by_size = f64::from(WEIGHT_LIMIT) / largest;
    let by_sum = PARTIAL_SUM_LIMIT as f64 * AIM / (sum * input.magnitude() as f64 + bias);
    // Both are infinite for a row of zeros; the range catches that.
    let exponent = by_size.min(by_sum).log2().floor();
    exponent.clamp(
        f64::from(*EXPONENT_RANGE.start()),
        f64::from(*EXPONENT_RANGE.end()),
    ) as i32
}

fn round_row(row: &[f32], bias: f32, exponent: i32, input: ActivationFormat) -> (Vec<i8>, i32) {
    let scale = 2f64.powi(exponent);
    let limit = f64::from(WEIGHT_LIMIT);
    let mantissas = row
        .iter()
        .map(|&w| (f64::from(w) * scale).round().clamp(-limit, limit) as i8)
        .collect();
    let bias = (f64::from(bias) * 2f64.powi(exponent + input.fraction_bits)).round();
    let limit = (PARTIAL_SUM_LIMIT - 1) as f64;
    (mantissas, bias.clamp(-limit, limit) as i32)
}

/// `Σ|m|·max|n| + |b|`, and the half unit of the output that requantization adds.
fn partial_sum_bound(
    mantissas: &[i8],
    bias: i32,
    exponent: i32,
    input: ActivationFormat,
    output: ActivationFormat,
) -> i64 {
    let sum: i64 = mantissas.iter().map(|&m| i64::from(m).abs()).sum();
    let shift = exponent + input.fraction_bits - output.fraction_bits;
    let half = if shift >= 1 {
        1i64 << (shift - 1).min(40)
    } else {
        0
    };
    sum * input.magnitude() + i64::from(bias).abs() + half
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUT: ActivationFormat = ActivationFormat::unsigned(10, 4);
    const OUTPUT: ActivationFormat = ActivationFormat::unsigned(10, 4);

    #[test]
    fn quantized_weights_are_within_half_a_unit_and_proved() {
        let weights: Vec<f32> = (0..2 * 8)
            .map(|i| ((i * 37 % 23) as f32 - 11.0) * 0.013)
            .collect();
        let dyadic = DyadicWeights::quantize([2, 8, 1, 1], &weights, &[0.3, -0.7], INPUT, OUTPUT);
        dyadic.prove(INPUT, OUTPUT).unwrap();
        for (i, (real, exact)) in weights.iter().zip(dyadic.weight_values()).enumerate() {
            let unit = 2f32.powi(-i32::from(dyadic.exponents[i / 8]));
            assert!((real - exact).abs() <= unit / 2.0);
        }
    }

    #[test]
    fn a_large_fan_in_gets_a_smaller_exponent_instead_of_a_broken_bound() {
        let weights = vec![1.0; 4096];
        let dyadic = DyadicWeights::quantize([1, 4096, 1, 1], &weights, &[0.0], INPUT, OUTPUT);
        let worst = dyadic.prove(INPUT, OUTPUT).unwrap();
        assert!(
            worst < PARTIAL_SUM_LIMIT && worst > PARTIAL_SUM_LIMIT / 4,
            "{worst}"
        );
    }

    #[test]
    fn a_bound_that_does_not_hold_is_refused() {
        let dyadic = DyadicWeights {
            shape: [1, 200, 1, 1],
            mantissas: vec![127; 200],
            exponents: vec![0],
            bias: vec![0],
        };
        assert_eq!(
            dyadic.prove(INPUT, OUTPUT),
            Err(DyadicWeightsError::PartialSum {
                channel: 0,
                bound: 200 * 127 * 1023
            })
        );
    }

    #[test]
    fn zeros_and_tiny_weights_stay_in_range() {
        let dyadic =
            DyadicWeights::quantize([2, 1, 1, 1], &[0.0, 1e-30], &[0.0, 1e-20], INPUT, OUTPUT);
        dyadic.prove(INPUT, OUTPUT).unwrap();
        assert_eq!(dyadic.mantissas, [0, 0]);
    }
}
