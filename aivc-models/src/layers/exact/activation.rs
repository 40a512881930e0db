use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use serde::{Deserialize, Serialize};

/// The numbers that an activation may take: `n·2^-fraction_bits` with
/// `minimum <= n <= maximum`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivationFormat {
    /// Least integer.
    pub minimum: i32,
    /// Greatest integer.
    pub maximum: i32,
    /// Binary digits after the point, `j` of DESIGN's `a = n·2^-j`.
    pub fraction_bits: i32,
}

impl ActivationFormat {
    /// Two's complement integers of `bits` bits, made symmetric: `±(2^(bits−1) − 1)`.
    pub const fn signed(bits: u32, fraction_bits: i32) -> Self {
        let maximum = (1 << (bits - 1)) - 1;
        Self {
            minimum: -maximum,
            maximum,
            fraction_bits,
        }
    }

    /// Integers of `bits` bits from zero up; as the output of a layer it is a clipped ReLU.
    pub const fn unsigned(bits: u32, fraction_bits: i32) -> Self {
        Self {
            minimum: 0,
            maximum: (1 << bits) - 1,
            fraction_bits,
        }
    }

    /// The greatest `|n|`.
    pub const fn magnitude(&self) -> i64 {
        let (low, high) = (-(self.minimum as i64), self.maximum as i64);
        if low > high { low } else { high }
    }

    /// The value of one unit, `2^-fraction_bits`.
    pub fn step(&self) -> f32 {
        2f32.powi(-self.fraction_bits)
    }

    /// Rounds to the nearest number of the format, halves upwards.
    ///
    /// Exact on every backend for inputs that are multiples of `2^-(fraction_bits + s)` below
    /// `2^24 − 2^(s−1)` of their units, which [`DyadicWeights::prove`](super::DyadicWeights::prove)
    /// shows of a layer's sums.
    ///
    /// # Shapes
    /// Any; unchanged.
    pub fn quantize<B: Backend, const D: usize>(&self, values: Tensor<B, D>) -> Tensor<B, D> {
        let units = values * 2f32.powi(self.fraction_bits);
        // Clamping first keeps the sum with one half exact whatever the size of the input.
        let units = units.clamp(self.minimum as f32 - 1.0, self.maximum as f32 + 1.0);
        (units + 0.5)
            .floor()
            .clamp(self.minimum as f32, self.maximum as f32)
            * self.step()
    }

    /// The integers `n` of values that are in this format.
    pub fn to_integers(&self, values: &[f32]) -> Vec<i32> {
        let scale = 2f32.powi(self.fraction_bits);
        values.iter().map(|value| (value * scale) as i32).collect()
    }
}
