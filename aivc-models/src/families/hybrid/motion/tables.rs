//! The probabilities of motion, part of the format.

use std::sync::LazyLock;

use aivc_entropy::{CdfTable, TableSet};

use super::{Expectation, MotionVector};
use crate::layers::{QUALITY_LEVELS, Quality};

/// Sets of tables, each for as many levels of quality: at low ones vectors are chosen that cost little.
const SETS: usize = 4;
/// Neighbours' spreads of 0, 1, 2 to 3, 4 to 7 and so on have tables of their own.
const SPREADS: usize = 9;
/// Width of the distributions, in quarter pixels, by the spread. Found on the training clips.
const WIDTHS: [[f64; SPREADS]; SETS] = [
    [24.9, 2.73, 4.47, 8.17, 13.8, 21.8, 33.8, 53.8, 87.2],
    [8.47, 1.46, 2.88, 6.24, 10.1, 17.0, 27.5, 41.9, 65.1],
    [2.44, 0.60, 2.13, 4.73, 8.88, 15.5, 26.6, 39.0, 60.5],
    [1.00, 0.31, 1.67, 3.93, 7.87, 14.8, 24.0, 36.9, 60.0],
];
/// How much likelier no difference is than the distribution of the others says.
const ZEROS: [[f64; SPREADS]; SETS] = [
    [1673.0, 26.9, 25.1, 26.4, 26.8, 20.0, 30.9, 25.1, 20.1],
    [210.0, 4.11, 5.14, 6.52, 7.75, 7.36, 10.4, 10.4, 8.44],
    [21.7, 0.40, 1.71, 2.75, 4.06, 4.87, 6.59, 7.64, 6.67],
    [3.08, 0.06, 0.82, 1.56, 2.56, 3.12, 4.10, 5.42, 6.47],
];
/// Differences up to this have bins of their own.
const LAST_BIN: i32 = 255;
/// Probabilities of split blocks, by how many of the blocks to the left and above are split.
const SPLIT: [[f64; 3]; SETS] = [
    [0.004, 0.153, 0.211],
    [0.017, 0.322, 0.562],
    [0.032, 0.409, 0.763],
    [0.065, 0.485, 0.795],
];
/// Tables of a set.
const SET: usize = SPREADS + 3;

/// The tables that motion is coded with: differences of vectors have heavier tails than a Gaussian.
/// They are the same on every platform: divisions and products are correctly rounded.
pub(super) static TABLES: LazyLock<TableSet> = LazyLock::new(|| {
    let sets = (0..SETS).flat_map(|set| {
        let differences = WIDTHS[set].into_iter().zip(ZEROS[set]);
        let splits = SPLIT[set].into_iter().map(|split| {
            CdfTable::from_weights(0, &[1.0 - split, split], 0.0).expect("two positive weights")
        });
        differences
            .map(|(width, zeros)| difference_table(width, zeros))
            .chain(splits)
    });
    TableSet::new(sets.collect()).expect("some tables of some hundred bins")
});

/// The first table of a quality.
fn first(quality: Quality) -> u16 {
    let levels = usize::from(QUALITY_LEVELS) / SETS;
    (usize::from(quality.level()) / levels * SET) as u16
}

/// The table of a component's difference from what its neighbours, which differ by so much, lead to
/// expect.
pub(super) fn of_difference(quality: Quality, spread: u16) -> u16 {
    first(quality) + (u16::BITS - spread.leading_zeros()).min(SPREADS as u32 - 1) as u16
}

/// The table that tells whether a block is split.
///
/// # Panics
/// If more than two neighbours are.
pub(super) fn of_split(quality: Quality, neighbours: usize) -> u16 {
    assert!(neighbours < 3, "{neighbours} neighbours");
    first(quality) + (SPREADS + neighbours) as u16
}

/// What a vector costs, in bits.
pub(super) fn vector_bits(quality: Quality, vector: MotionVector, expected: &Expectation) -> f32 {
    let bits = |spread, component: i16, expected: i16| {
        let difference = i32::from(component) - i32::from(expected);
        TABLES.cost_bits(of_difference(quality, spread), difference) as f32
    };
    bits(expected.spread_x, vector.x, expected.vector.x)
        + bits(expected.spread_y, vector.y, expected.vector.y)
}

/// What telling whether a block is split costs, in bits.
pub(super) fn split_bits(quality: Quality, neighbours: usize, split: bool) -> f32 {
    TABLES.cost_bits(of_split(quality, neighbours), split.into()) as f32
}

/// Probabilities that fall with the third power of the difference, but for zero.
fn difference_table(width: f64, zeros: f64) -> CdfTable {
    let weight = |difference: i32| {
        let ratio = width / (width + f64::from(difference.abs()));
        let boost = if difference == 0 { zeros } else { 1.0 };
        boost * ratio * ratio * ratio
    };
    let weights: Vec<f64> = (-LAST_BIN..=LAST_BIN).map(weight).collect();
    // The sum over all beyond is about the integral.
    let beyond = width + f64::from(LAST_BIN) + 0.5;
    let escape = width * width * width / (beyond * beyond);
    CdfTable::from_weights(-LAST_BIN, &weights, escape).expect("positive weights")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::hybrid::frequency;

    fn quality(level: u8) -> Quality {
        Quality::new(level).unwrap()
    }

    #[test]
    fn larger_spreads_and_better_qualities_expect_more_motion() {
        let spreads = [0, 1, 2, 4, 8, 16, 32, 64, 128, u16::MAX];
        let still = |level: u8| {
            spreads.map(|spread| TABLES.cost_bits(of_difference(quality(level), spread), 0))
        };
        let levels = [0, 16, 32, 48].map(still);
        for costs in levels {
            assert!(costs[..9].is_sorted(), "{costs:?}");
            assert_eq!(costs[8], costs[9]);
        }
        let first = levels.map(|costs| costs[0]);
        assert!(first.is_sorted(), "{first:?}");
        assert_eq!(still(15), levels[0]);
        assert_eq!(still(63), levels[3]);
    }

    #[test]
    fn frequencies_are_those_of_the_format() {
        let places = [
            (0, 0),
            (0, 1),
            (4, 0),
            (4, -9),
            (8, 255),
            (9, 1),
            (23, 0),
            (36, 0),
        ];
        let found = places.map(|(table, value)| frequency(&TABLES, table, value));
        assert_eq!(found, [64_302, 34, 44_246, 366, 10, 262, 28_704, 57_547]);
    }
}
