//! The standard normal distribution, with the same bits on every platform.
//!
//! `exp`, `erf` and their kin differ between math libraries, and tables that differ by one unit
//! break decoding. So nothing here but `+ - * /` and `floor` on `f64`, which IEEE 754 rounds one
//! way only, and which Rust neither reorders nor fuses. (Targets without IEEE arithmetic, such as
//! x87-only i586, are the known exception; `golden_hash_of_the_gaussian_tables` would catch them.)

/// The probability that a standard normal variable is at most `x`.
///
/// The absolute error is below 1e-14, and that of the lower tail relative to it below 1e-12 down
/// to `x = -37`, below which the result is 0. The result is the same, to the bit, on every
/// platform with IEEE 754 arithmetic. `NaN` gives `NaN`.
///
/// Near 0 it sums the series `1/2 + φ(x)·(x + x³/3 + x⁵/(3·5) + …)` (Abramowitz and Stegun,
/// "Handbook of Mathematical Functions", 1964, 26.2.11), and in the tails it evaluates the
/// continued fraction `φ(x)/(x + 1/(x + 2/(x + …)))` (26.2.14).
pub fn normal_cdf(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x < -SERIES_LIMIT {
        upper_tail(-x)
    } else if x > SERIES_LIMIT {
        1.0 - upper_tail(x)
    } else {
        0.5 + density(x) * series(x)
    }
}

/// Where the series gives way to the continued fraction.
const SERIES_LIMIT: f64 = 2.5;

/// Terms of the series: at 2.5 the last is below 1e-28 of the sum.
const SERIES_TERMS: u32 = 40;

/// Depth of the continued fraction: at 2.5 it leaves less than 1e-15.
const FRACTION_DEPTH: u32 = 60;

/// Beyond this the tail is below every normal number that matters here.
const TAIL_LIMIT: f64 = 37.0;

fn series(x: f64) -> f64 {
    let square = x * x;
    let mut term = x;
    let mut sum = x;
    for k in 1..SERIES_TERMS {
        term = term * square / f64::from(2 * k + 1);
        sum += term;
    }
    sum
}

/// The probability of a value above `x`, for `x` above `SERIES_LIMIT`.
fn upper_tail(x: f64) -> f64 {
    if x > TAIL_LIMIT {
        return 0.0;
    }
    let mut denominator = x;
    for k in (1..=FRACTION_DEPTH).rev() {
        denominator = x + f64::from(k) / denominator;
    }
    density(x) / denominator
}

/// `exp(-x²/2) / sqrt(2π)`, for `|x|` up to `TAIL_LIMIT`.
fn density(x: f64) -> f64 {
    const ONE_OVER_SQRT_TWO_PI: f64 = 0.398_942_280_401_432_7;
    exp_of_negative(x * x * 0.5) * ONE_OVER_SQRT_TWO_PI
}

/// `exp(-t)` for `t` from 0 to 700: a power of two times a polynomial on [-ln 2 / 2, ln 2 / 2].
fn exp_of_negative(t: f64) -> f64 {
    // ln 2 in two parts; the upper one has 21 trailing zero bits, so its product with an integer
    // below 2^21 is exact.
    const LN_2_UPPER: f64 = 0.693_147_180_369_123_8;
    const LN_2_LOWER: f64 = 1.908_214_929_270_587_7e-10;
    let halvings = (t * std::f64::consts::LOG2_E + 0.5).floor();
    let rest = (halvings * LN_2_UPPER - t) + halvings * LN_2_LOWER;
    // Taylor's series by Horner's rule: |rest| <= 0.35, so degree 15 leaves 0.35^16/16! < 1e-20.
    let mut sum = 1.0;
    for k in (1..=15).rev() {
        sum = 1.0 + sum * rest / f64::from(k);
    }
    // `halvings` is at most 1010, so the scale is a normal number and the product is exact.
    sum * f64::from_bits((1023 - halvings as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::normal_cdf;

    /// From mpmath 1.3 with 40 digits: `erfc(-x / sqrt(2)) / 2` at the `f64` nearest to x.
    const REFERENCE: [(f64, f64); 16] = [
        (-36.0, 4.182_624_065_797_283e-284),
        (-30.0, 4.906_713_927_148_187e-198),
        (-12.5, 3.732_564_298_877_713e-36),
        (-6.0, 9.865_876_450_376_98e-10),
        (-3.25, 5.770_250_423_907_67e-4),
        (-2.5, 6.209_665_325_776_135e-3),
        (-2.4999, 6.211_418_374_944_59e-3),
        (-1.0, 0.158_655_253_931_457_05),
        (-0.3, 0.382_088_577_811_047_4),
        (-1e-9, 0.499_999_999_601_057_7),
        (0.0, 0.5),
        (0.5, 0.691_462_461_274_013_1),
        (1.7, 0.955_434_537_241_457),
        (2.6, 0.995_338_811_976_281_3),
        (5.0, 0.999_999_713_348_428_1),
        (9.0, 1.0),
    ];

    #[test]
    fn agrees_with_high_precision_values() {
        for (x, expected) in REFERENCE {
            let error = (normal_cdf(x) - expected).abs();
            // As documented: 1e-14, and 1e-12 of the value where that is smaller.
            assert!(
                error <= 1e-14_f64.min(1e-12 * expected),
                "x = {x}: off by {error}"
            );
        }
    }

    #[test]
    fn never_falls_and_stays_within_0_and_1() {
        let mut last = 0.0;
        for step in -40_000..=40_000 {
            let value = normal_cdf(f64::from(step) / 1000.0);
            // Rounding may take back a unit in the last place.
            assert!(value >= last * (1.0 - 1e-13), "falls at {step}");
            assert!((0.0..=1.0).contains(&value));
            last = value;
        }
    }

    #[test]
    fn takes_any_number() {
        assert_eq!(normal_cdf(f64::NEG_INFINITY), 0.0);
        assert_eq!(normal_cdf(f64::INFINITY), 1.0);
        assert_eq!(normal_cdf(f64::MIN), 0.0);
        assert!(normal_cdf(f64::NAN).is_nan());
    }
}
