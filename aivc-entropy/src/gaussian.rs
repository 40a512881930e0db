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
    // By symmetry everything is computed from the lower tail, where nothing cancels.
    let below = |edge: f64| normal_cdf(-edge / scale);
    let mut last = 1_u32;
    while 2.0 * below(f64::from(last) + 0.5) >= ESCAPE_MASS {
        last += 1;
    }
    let side: Vec<f64> = (1..=last)
        .map(|v| below(f64::from(v) - 0.5) - below(f64::from(v) + 0.5))
        .collect();
    let center = 1.0 - 2.0 * below(0.5);
    let weights: Vec<f64> = side
        .iter()
        .rev()
        .copied()
        .chain([center])
        .chain(side.iter().copied())
        .collect();
    let escape = 2.0 * below(f64::from(last) + 0.5);
    CdfTable::from_weights(-(last as i32), &weights, escape)
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
