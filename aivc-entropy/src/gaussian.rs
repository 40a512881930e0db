//! Tables of discretized zero-mean Gaussians on a geometric grid of scales.

use crate::normal::normal_cdf;
use crate::table::{CdfTable, TableSet};

/// How many scales there are.
pub const SCALE_LEVELS: usize = 64;

/// The smallest scale. A Gaussian of this width is 0 all but once in 180,000 times.
pub const SCALE_MIN: f64 = 0.11;

/// The largest scale.
pub const SCALE_MAX: f64 = 256.0;

/// The scales (standard deviations) of the tables: geometric from [`SCALE_MIN`] to [`SCALE_MAX`].
///
/// The range is that of CompressAI (Bégaint et al., 2020), and wide enough for high rates at 10
/// bits. Neighbours are 13.1 % apart, so a scale rounded to the nearest costs at most 0.006 and on
/// average 0.002 bits a symbol; an upper end of 64 would save a third of that and pay for it with
/// escapes at high quality. The same on every platform.
pub fn scale_grid() -> [f64; SCALE_LEVELS] {
    let ratio = nth_root(SCALE_MAX / SCALE_MIN, SCALE_LEVELS as u32 - 1);
    let mut scale = SCALE_MIN;
    let mut grid = [SCALE_MIN; SCALE_LEVELS];
    for entry in &mut grid[1..] {
        scale *= ratio;
        *entry = scale;
    }
    // The product of 63 rounded factors is off by some 1e-14; the ends are exact.
    grid[SCALE_LEVELS - 1] = SCALE_MAX;
    grid
}

/// One table per entry of [`scale_grid`], for integers `v` with the probability that a Gaussian of
/// that scale and mean 0 falls into `[v - 1/2, v + 1/2]`.
///
/// The values reach out to where less than 2⁻¹⁶ lies beyond, at least from -1 to 1; what lies
/// beyond is the escape's. The tables are the same on every platform: all arithmetic is correctly
/// rounded IEEE 754 `+ - * /` in a fixed order (see [`normal_cdf`]), and a test pins a hash of the
/// result.
pub fn gaussian_tables() -> TableSet {
    let tables = scale_grid().into_iter().map(gaussian_table).collect();
    TableSet::new(tables).expect("64 tables of some thousand bins are within the limits")
}

/// Two-sided probability that is left to the escape, at most.
const ESCAPE_MASS: f64 = 1.0 / 65_536.0;

fn gaussian_table(scale: f64) -> CdfTable {
    // By symmetry everything is computed from the lower tail, where nothing cancels: `beyond[v]`
    // is the probability of less than -(v + 1/2).
    let mut beyond = Vec::new();
    while beyond.len() < 2 || 2.0 * beyond[beyond.len() - 1] >= ESCAPE_MASS {
        beyond.push(normal_cdf(-(beyond.len() as f64 + 0.5) / scale));
    }
    let last = beyond.len() - 1;
    let probability = |value: i32| match value.unsigned_abs() as usize {
        0 => 1.0 - 2.0 * beyond[0],
        distance => beyond[distance - 1] - beyond[distance],
    };
    let min = -(last as i32);
    let weights: Vec<f64> = (min..=-min).map(probability).collect();
    CdfTable::from_weights(min, &weights, 2.0 * beyond[last])
        .expect("finite weights with a positive sum")
}

/// The `n`-th root of `value` above 1, by Newton's method with a fixed number of steps: from this far
/// above, some 220 are needed to come near and 6 to converge.
fn nth_root(value: f64, n: u32) -> f64 {
    let power = |base: f64, exponent: u32| (0..exponent).fold(1.0, |product, _| product * base);
    let mut root = 1.0 + (value - 1.0) / f64::from(n).max(1.0);
    for _ in 0..500 {
        let lower = power(root, n - 1);
        root -= (root - value / lower) / f64::from(n);
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FNV-1a, 64 bits.
    fn hash(bytes: &[u8]) -> u64 {
        bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }

    /// These tables are what streams are coded with: when this fails on a new platform, that
    /// platform cannot decode; when it fails after a change, the change breaks every stream.
    #[test]
    fn golden_hash_of_the_gaussian_tables() {
        assert_eq!(hash(&gaussian_tables().to_bytes()), 0xdd13affe6ee4be01);
    }

    #[test]
    fn the_grid_is_geometric() {
        // From mpmath: 0.11 * (256 / 0.11)^(i / 63).
        let expected = [
            (0, 0.11),
            (1, 0.124_404_103_378_712_6),
            (13, 0.544_676_890_322_437_4),
            (31, 4.989_939_901_886_989),
            (62, 226.359_092_949_490_26),
            (63, 256.0),
        ];
        let grid = scale_grid();
        for (index, scale) in expected {
            // 63 roundings of a factor leave some 1e-14.
            assert!(
                (grid[index] / scale - 1.0).abs() < 1e-13,
                "scale {index}: {}",
                grid[index]
            );
        }
    }

    #[test]
    fn tables_are_symmetric_but_for_the_rounding_of_single_units() {
        for table in gaussian_tables().tables() {
            assert_eq!(table.min(), -table.max());
            let values = &table.frequencies()[..table.symbols()];
            for (lower, upper) in values.iter().zip(values.iter().rev()) {
                assert!(lower.abs_diff(*upper) <= 1);
            }
        }
    }

    #[test]
    fn escapes_are_rare() {
        for table in gaussian_tables().tables() {
            assert_eq!(table.escape_frequency(), 1);
        }
    }

    /// What quantizing the probabilities to 16 bits costs, on average over the distribution.
    #[test]
    fn tables_lose_less_than_a_fiftieth_of_a_bit() {
        for (table, scale) in gaussian_tables().tables().iter().zip(scale_grid()) {
            let mut divergence = 0.0;
            for (value, &frequency) in (table.min()..=table.max()).zip(table.frequencies()) {
                let edge = f64::from(value.abs()) - 0.5;
                let p = normal_cdf(-edge / scale) - normal_cdf(-(edge + 1.0) / scale);
                divergence += p * (p * 65_536.0 / f64::from(frequency)).log2();
            }
            assert!(divergence < 0.02, "scale {scale}: {divergence} bits");
        }
    }
}
