//! The probabilities of quality maps, part of the format.

use std::sync::LazyLock;

use aivc_entropy::{CdfTable, TableSet};

use super::OFFSET_LIMIT;

/// What is known of an offset before it is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Expected {
    /// The likeliest offset.
    pub offset: i8,
    /// The table of the difference from it.
    pub table: u16,
}

/// The table that tells whether anything of a map is to be told.
pub(super) const TOLD: u16 = 0;
/// The first table of keyframes, of three: by how much the neighbours differ.
pub(super) const KEY: u16 = 1;
/// The first table of inter frames, of three: by how many neighbours have changed.
pub(super) const INTER: u16 = 4;

/// Probability of no difference, and how much less likely each further step is.
const DIFFERENCES: [(f64, f64); 6] = [
    (0.75, 0.2),
    (0.6, 0.3),
    (0.45, 0.4),
    (0.97, 0.3),
    (0.75, 0.3),
    (0.5, 0.4),
];

/// The tables that maps are coded with.
/// They are the same on every platform: products and quotients are correctly rounded.
pub(super) static TABLES: LazyLock<TableSet> = LazyLock::new(|| {
    let told = CdfTable::from_weights(0, &[0.5, 0.5], 0.0).expect("two positive weights");
    let differences = DIFFERENCES.map(|(same, decay)| {
        let reach = 2 * i32::from(OFFSET_LIMIT);
        let weight = |difference: i32| match difference.abs() {
            0 => same,
            size => {
                let further = (1..size).fold(1.0, |product, _| product * decay);
                (1.0 - same) / 2.0 * (1.0 - decay) * further
            }
        };
        let weights: Vec<f64> = (-reach..=reach).map(weight).collect();
        CdfTable::from_weights(-reach, &weights, 0.0).expect("positive weights")
    });
    TableSet::new([told].into_iter().chain(differences).collect()).expect("seven small tables")
});

/// What an offset costs, in bits.
pub(super) fn offset_bits(expected: Expected, offset: i8) -> f32 {
    TABLES.cost_bits(
        expected.table,
        i32::from(offset) - i32::from(expected.offset),
    ) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::hybrid::frequency;

    #[test]
    fn frequencies_are_those_of_the_format() {
        let places = [
            (TOLD, 0),
            (KEY, 0),
            (KEY, 1),
            (INTER, 0),
            (INTER, -2),
            (INTER + 2, 10),
        ];
        let found = places.map(|(table, value)| frequency(&TABLES, table, value));
        assert_eq!(found, [32_767, 49_147, 6_553, 63_561, 206, 3]);
    }
}
