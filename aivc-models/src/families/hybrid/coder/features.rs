//! What the exact layers see of coefficients: logarithms, since coefficients of different channels
//! and qualities differ by orders of magnitude.
//!
//! The logarithm is the piecewise linear one that every integer computer gets right: the position of
//! the highest bit, and the bits below it as a fraction. Decoders take it of integers; its twin for
//! training takes it of tensors.

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use crate::families::hybrid::formats::FEATURE;

/// Units of a quantization step in the decoder's integers.
pub(crate) const STEP_UNITS: i32 = 16;
/// Values are told from zero from this many steps on: a quarter for sizes, half for signs.
const SIZE_UNIT: i32 = STEP_UNITS / 4;
const SIGN_UNIT: i32 = STEP_UNITS / 2;

/// In place of a size that nothing is known of.
pub(super) const UNKNOWN_SIZE: i32 = -16;

/// `log₂(1 + |value| / ¼)` of values in sixteenths of a step, in sixteenths of an octave.
pub(super) fn size_feature(value: i32) -> i32 {
    logarithm(value, SIZE_UNIT)
}

/// `log₂(1 + |value| / ½)` with the sign of the value, in the same units.
pub(super) fn signed_feature(value: i32) -> i32 {
    logarithm(value, SIGN_UNIT) * value.signum()
}

fn logarithm(value: i32, unit: i32) -> i32 {
    let ratio = (value.unsigned_abs() / unit as u32).min(1 << 24);
    let rest = value.unsigned_abs() % unit as u32;
    // 1 + |value|/unit with six binary digits after the point.
    let number = ((u64::from(ratio) + 1) << 6) + (u64::from(rest) << 6) / unit as u64;
    let octave = number.ilog2();
    let fraction = ((number << 4) >> octave) - 16;
    let sixteenths = (u64::from(octave - 6) << 4) + fraction;
    sixteenths.min(FEATURE.maximum as u64) as i32
}

/// The twin of [`size_feature`], of values in steps.
pub(super) fn size_features<B: Backend>(values: Tensor<B, 4>) -> Tensor<B, 4> {
    logarithms(values.abs() * (STEP_UNITS / SIZE_UNIT))
}

/// The twin of [`signed_feature`], of values in steps.
pub(super) fn signed_features<B: Backend>(values: Tensor<B, 4>) -> Tensor<B, 4> {
    let sign = values.clone().sign();
    sign * logarithms(values.abs() * (STEP_UNITS / SIGN_UNIT))
}

fn logarithms<B: Backend>(ratios: Tensor<B, 4>) -> Tensor<B, 4> {
    let number = ratios.clamp(0.0, (1 << 24) as f32) + 1.0;
    let ln_2 = std::f32::consts::LN_2;
    // Continuous where the octave changes, so that a logarithm that errs there does no harm.
    let octave = (number.clone().log() / ln_2).floor();
    let fraction = number / (octave.clone() * ln_2).exp() - 1.0;
    // Cut off, as the integers are.
    let sixteenths = ((octave + fraction) * 16.0 + 1e-3).floor();
    sixteenths.clamp(0.0, FEATURE.maximum as f32) / 16.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::Flex;
    use burn::tensor::TensorData;

    #[test]
    fn features_are_logarithms() {
        for value in [0, 1, 4, 17, 300, 65_536, 1 << 30, i32::MAX, i32::MIN] {
            let size = f64::from(size_feature(value)) / 16.0;
            let exact = (1.0 + f64::from(value).abs() / 4.0).log2();
            assert!(
                (size - exact.min(31.9)).abs() < 0.16 || exact > 24.0,
                "{value}: {size} {exact}"
            );
            assert_eq!(
                signed_feature(value).signum(),
                signed_feature(value.max(-i32::MAX)).signum()
            );
        }
        assert_eq!([size_feature(0), signed_feature(0)], [0, 0]);
        assert_eq!([signed_feature(8), signed_feature(-8)], [16, -16]);
        assert!((0..10_000).is_sorted_by_key(size_feature));
    }

    #[test]
    fn tensors_agree_with_integers() {
        let values: Vec<i32> = (-3000..3000).chain([100_000, -70_000]).collect();
        let steps: Vec<f32> = values.iter().map(|&v| v as f32 / 16.0).collect();
        let shape = [1, 1, 1, values.len()];
        let steps =
            Tensor::<Flex, 4>::from_data(TensorData::new(steps, shape), &Default::default());
        let check = |tensor: Tensor<Flex, 4>, feature: fn(i32) -> i32| {
            let units = (tensor * 16.0).into_data().to_vec::<f32>().unwrap();
            for (&unit, &value) in units.iter().zip(&values) {
                let difference = (unit - feature(value) as f32).abs();
                assert!(difference <= 1.0, "{value}: {unit} {}", feature(value));
            }
        };
        check(size_features(steps.clone()), size_feature);
        check(signed_features(steps), signed_feature);
    }
}
