//! The probabilities of motion, part of the format.

use std::sync::LazyLock;

use aivc_entropy::{CdfTable, TableSet};

/// Neighbours' spreads of 0, 1, 2 to 3, 4 to 7 and so on have tables of their own.
const SPREADS: usize = 9;
/// Width of the distributions, in quarter pixels, by the spread. Found on the training clips.
const WIDTHS: [f64; SPREADS] = [0.45, 1.0, 1.5, 2.25, 3.0, 7.0, 11.0, 15.0, 39.0];
/// Differences up to this have bins of their own.
const LAST_BIN: i32 = 255;
/// Probabilities of split blocks, by how many of the blocks to the left and above are split.
const SPLIT: [f64; 3] = [0.05, 0.33, 0.57];

/// The tables that motion is coded with: differences of vectors have heavier tails than a Gaussian.
/// They are the same on every platform: divisions and products are correctly rounded.
pub(super) static TABLES: LazyLock<TableSet> = LazyLock::new(|| {
    let differences = WIDTHS.into_iter().map(difference_table);
    let splits = SPLIT.into_iter().map(|split| {
        CdfTable::from_weights(0, &[1.0 - split, split], 0.0).expect("two positive weights")
    });
    TableSet::new(differences.chain(splits).collect()).expect("twelve tables of some hundred bins")
});

/// The table of a component's difference from what its neighbours, which differ by so much, lead to
/// expect.
pub(super) fn of_difference(spread: u16) -> u16 {
    (u16::BITS - spread.leading_zeros()).min(SPREADS as u32 - 1) as u16
}

/// The table that tells whether a block is split.
///
/// # Panics
/// If more than two neighbours are.
pub(super) fn of_split(neighbours: usize) -> u16 {
    assert!(neighbours < SPLIT.len(), "{neighbours} neighbours");
    (SPREADS + neighbours) as u16
}

/// What a difference costs, in bits.
pub(super) fn difference_bits(spread: u16, difference: i32) -> f32 {
    TABLES.cost_bits(of_difference(spread), difference) as f32
}

/// What telling whether a block is split costs, in bits.
pub(super) fn split_bits(neighbours: usize, split: bool) -> f32 {
    TABLES.cost_bits(of_split(neighbours), split.into()) as f32
}

/// Probabilities that fall with the third power of the difference.
fn difference_table(width: f64) -> CdfTable {
    let weight = |difference: i32| {
        let ratio = width / (width + f64::from(difference.abs()));
        ratio * ratio * ratio
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

    #[test]
    fn larger_spreads_have_wider_tables() {
        let spreads = [0, 1, 2, 4, 8, 16, 32, 64, 128, u16::MAX];
        let peaks: Vec<f32> = spreads
            .iter()
            .map(|&spread| difference_bits(spread, 0))
            .collect();
        assert!(peaks[..9].is_sorted_by(|a, b| a < b), "{peaks:?}");
        assert_eq!(peaks[8], peaks[9]);
    }

    #[test]
    fn frequencies_are_those_of_the_format() {
        let frequency = |table: u16, value: i32| {
            let table = TABLES.table(table);
            table.frequencies()[(value - table.min()) as usize]
        };
        let found = [(0, 0), (0, 1), (4, 0), (4, -9), (8, 255), (9, 1), (11, 0)]
            .map(|(table, value)| frequency(table, value));
        assert_eq!(found, [60_127, 1797, 20_644, 323, 4, 3277, 28_180]);
    }
}
