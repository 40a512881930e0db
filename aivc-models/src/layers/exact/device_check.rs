use burn::tensor::{Tensor, TensorData};
use thiserror::Error;

use super::{ActivationFormat, DyadicWeights, ExactConv2dConfig, IntegerConv2d, PARTIAL_SUM_LIMIT};
use crate::backend::ModelBackend;

/// A device computes something else than the format prescribes.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error(
    "the device computes {wrong} of {total} test values differently from integer arithmetic \
     (kernel {kernel}); streams would decode to noise on it"
)]
pub struct DeviceError {
    /// Side of the kernel that failed.
    pub kernel: usize,
    /// Outputs that differ.
    pub wrong: usize,
    /// Outputs compared.
    pub total: usize,
}

const FORMAT: ActivationFormat = ActivationFormat::signed(12, 4);
const CHANNELS_OUT: usize = 4;
const SIDE: usize = 6;

/// Runs layers whose sums come close to the limit of 2^24 on a device and compares them with
/// integer arithmetic. It takes about a millisecond on a CPU.
///
/// # Errors
/// [`DeviceError`], if a single value differs.
pub fn check_device<B: ModelBackend>(device: &B::Device) -> Result<(), DeviceError> {
    check(|weights, input, shape| {
        let [channels, height, width] = shape;
        let layer = ExactConv2dConfig::new(channels, CHANNELS_OUT, FORMAT, FORMAT)
            .with_kernel(weights.shape[2])
            .init::<B>(device)
            .with_dyadic(weights.clone());
        let values: Vec<f32> = input.iter().map(|&n| n as f32 * FORMAT.step()).collect();
        let input = TensorData::new(values, [1, channels, height, width]);
        let output = layer.forward(Tensor::from_data(input, device));
        let values = output.into_data().convert::<f32>().to_vec::<f32>();
        FORMAT.to_integers(&values.expect("converted to f32"))
    })
}

fn check(
    convolve: impl Fn(&DyadicWeights, &[i32], [usize; 3]) -> Vec<i32>,
) -> Result<(), DeviceError> {
    // As many inputs as 12 bits of activation and 8 of weight allow below 2^24.
    for (kernel, channels) in [(1, 64), (3, 7)] {
        let weights = weights(kernel, channels);
        let shape = [channels, SIDE, SIDE];
        let count = channels * SIDE * SIDE;
        let input: Vec<i32> = (0..count).map(|i| scatter(i, 4095) - 2047).collect();
        let expected = IntegerConv2d {
            weights: &weights,
            groups: 1,
            input: FORMAT,
            output: FORMAT,
        }
        .forward(&input, shape);
        let actual = convolve(&weights, &input, shape);
        let equal = expected.iter().zip(&actual).filter(|(a, b)| a == b).count();
        if equal < expected.len() || actual.len() != expected.len() {
            return Err(DeviceError {
                kernel,
                wrong: expected.len() - equal,
                total: expected.len(),
            });
        }
    }
    Ok(())
}

/// Weights over the whole range. Of 16 significant bits that a sum needs, a device that computes
/// in 8 or 11 loses some in nearly every value.
fn weights(kernel: usize, channels: usize) -> DyadicWeights {
    let count = CHANNELS_OUT * channels * kernel * kernel;
    let weights = DyadicWeights {
        shape: [CHANNELS_OUT, channels, kernel, kernel],
        mantissas: (0..count).map(|i| (scatter(i, 255) - 127) as i8).collect(),
        exponents: vec![8; CHANNELS_OUT],
        bias: (0..CHANNELS_OUT).map(|i| scatter(i, 9999)).collect(),
    };
    debug_assert!(
        weights
            .prove(FORMAT, FORMAT)
            .is_ok_and(|bound| bound < PARTIAL_SUM_LIMIT)
    );
    weights
}

/// Numbers from 0 to `modulus − 1` without a pattern that matters.
fn scatter(index: usize, modulus: u64) -> i32 {
    let mixed = (index as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((mixed >> 32) % modulus) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::Flex;

    fn honest(weights: &DyadicWeights, input: &[i32], shape: [usize; 3]) -> Vec<i32> {
        IntegerConv2d {
            weights,
            groups: 1,
            input: FORMAT,
            output: FORMAT,
        }
        .forward(input, shape)
    }

    #[test]
    fn flex_passes() {
        assert_eq!(check_device::<Flex>(&Default::default()), Ok(()));
    }

    #[test]
    fn one_wrong_value_is_enough() {
        let lie = |weights: &DyadicWeights, input: &[i32], shape| {
            let mut output = honest(weights, input, shape);
            *output.last_mut().unwrap() += 1;
            output
        };
        let error = check(lie).unwrap_err();
        assert_eq!((error.wrong, error.total), (1, 144));
    }

    /// What tensor cores do that round their inputs to 8 significant bits.
    #[test]
    fn activations_of_bf16_are_found_out() {
        let short = |weights: &DyadicWeights, input: &[i32], shape| {
            let bf16 = |n: i32| f32::from_bits((n as f32).to_bits() & 0xFFFF_0000) as i32;
            honest(
                weights,
                &input.iter().map(|&n| bf16(n)).collect::<Vec<_>>(),
                shape,
            )
        };
        let error = check(short).unwrap_err();
        assert!(error.wrong > error.total / 2, "{error}");
    }
}
