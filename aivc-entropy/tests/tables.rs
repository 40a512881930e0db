//! Tables: what can be one, normalisation, and their bytes.

use aivc_entropy::{
    CdfTable, MAX_SYMBOLS_PER_TABLE, MAX_TABLES, MAX_TOTAL_BINS, TableError, TableSet, gaussian,
};
use proptest::prelude::*;

proptest! {
    #[test]
    fn every_bin_of_normalised_weights_can_be_coded(
        min in -1000_i32..1000,
        weights in prop::collection::vec(prop_oneof![Just(0.0), 0.0..1.0, 1e-300..1e300], 1..300),
        escape in 0.0..1.0,
    ) {
        prop_assume!(weights.iter().sum::<f64>() > 0.0);
        let table = CdfTable::from_weights(min, &weights, escape).unwrap();
        prop_assert!(table.frequencies().iter().all(|&frequency| frequency >= 1));
        let sum: u32 = table.frequencies().iter().map(|&frequency| u32::from(frequency)).sum();
        prop_assert_eq!(sum, 65_536);
        prop_assert_eq!(table.symbols(), weights.len());
        prop_assert_eq!(table.max(), min + weights.len() as i32 - 1);
    }

    #[test]
    fn bytes_of_a_table_set_round_trip(
        tables in prop::collection::vec(
            (any::<i16>(), prop::collection::vec(0.0..1.0, 1..40)),
            0..20,
        ),
    ) {
        let tables = tables
            .iter()
            .map(|(min, weights)| CdfTable::from_weights((*min).into(), weights, 1.0).unwrap());
        let set = TableSet::new(tables.collect()).unwrap();
        prop_assert_eq!(TableSet::from_bytes(&set.to_bytes()).unwrap(), set);
    }

    #[test]
    fn arbitrary_bytes_are_no_danger(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(set) = TableSet::from_bytes(&bytes) {
            prop_assert_eq!(set.to_bytes(), bytes);
        }
    }
}

#[test]
fn normalisation_is_exact_where_it_can_be() {
    let table = CdfTable::from_weights(3, &[1.0, 2.0, 4.0], 1.0).unwrap();
    assert_eq!(table.frequencies(), [8192, 16_384, 32_768, 8192]);
}

#[test]
fn golden_frequencies() {
    let table = CdfTable::from_weights(0, &[1.0, 1.0, 1.0, 0.0, 1e-9], 0.0).unwrap();
    assert_eq!(table.frequencies(), [21_844, 21_844, 21_845, 1, 1, 1]);
}

#[test]
fn the_longest_table_has_room_for_every_symbol() {
    let table = CdfTable::from_weights(0, &vec![0.0; MAX_SYMBOLS_PER_TABLE], 1.0).unwrap();
    assert_eq!(
        usize::from(table.escape_frequency()),
        65_536 - MAX_SYMBOLS_PER_TABLE
    );
}

#[test]
fn tables_at_the_ends_of_i32_are_valid_and_past_them_are_not() {
    assert_eq!(
        CdfTable::from_weights(i32::MAX, &[1.0], 1.0).unwrap().max(),
        i32::MAX
    );
    assert_eq!(
        CdfTable::from_weights(i32::MIN, &[1.0], 1.0).unwrap().max(),
        i32::MIN
    );
    assert_eq!(
        CdfTable::from_weights(i32::MAX, &[1.0, 1.0], 1.0),
        Err(TableError::RangeOverflow {
            min: i32::MAX,
            symbols: 2
        })
    );
}

#[test]
fn invalid_frequencies_and_weights_are_named() {
    assert_eq!(
        CdfTable::from_frequencies(0, &[65_536]),
        Err(TableError::SymbolCount { symbols: 0 })
    );
    assert_eq!(
        CdfTable::from_frequencies(0, &[]),
        Err(TableError::SymbolCount { symbols: 0 })
    );
    assert_eq!(
        CdfTable::from_frequencies(0, &[65_536, 0]),
        Err(TableError::ZeroFrequency { bin: 1 })
    );
    assert_eq!(
        CdfTable::from_frequencies(0, &[u32::MAX, u32::MAX]),
        Err(TableError::FrequencySum {
            sum: 2 * u64::from(u32::MAX)
        })
    );
    assert_eq!(
        CdfTable::from_weights(0, &[1.0, -0.5], 0.0),
        Err(TableError::Weight {
            bin: 1,
            weight: -0.5
        })
    );
    assert!(matches!(
        CdfTable::from_weights(0, &[1.0], f64::NAN),
        Err(TableError::Weight { bin: 1, .. })
    ));
    assert_eq!(
        CdfTable::from_weights(0, &[0.0], 0.0),
        Err(TableError::WeightSum { sum: 0.0 })
    );
    assert_eq!(
        CdfTable::from_weights(0, &[f64::MAX], f64::MAX),
        Err(TableError::WeightSum { sum: f64::INFINITY })
    );
}

#[test]
fn sets_have_limits() {
    let small = CdfTable::from_frequencies(0, &[1, 65_535]).unwrap();
    assert!(TableSet::new(vec![small.clone(); MAX_TABLES]).is_ok());
    assert_eq!(
        TableSet::new(vec![small; MAX_TABLES + 1]),
        Err(TableError::TableCount {
            tables: MAX_TABLES + 1
        })
    );
    let large = CdfTable::from_weights(0, &vec![1.0; MAX_SYMBOLS_PER_TABLE], 1.0).unwrap();
    let bins = 128 * (MAX_SYMBOLS_PER_TABLE + 1);
    assert!(bins > MAX_TOTAL_BINS);
    assert_eq!(
        TableSet::new(vec![large; 128]),
        Err(TableError::TotalBins { bins })
    );
}

#[test]
fn concatenated_sets_keep_their_order() {
    let gaussians = gaussian::gaussian_tables();
    let other = TableSet::new(vec![CdfTable::from_frequencies(7, &[65_535, 1]).unwrap()]).unwrap();
    let both = gaussians.concat(&other).unwrap();
    assert_eq!(both.len(), 65);
    assert_eq!(both.table(5), gaussians.table(5));
    assert_eq!(both.table(64).min(), 7);
}

#[test]
fn golden_bytes_of_a_table_set() {
    let table = CdfTable::from_frequencies(-1, &[1, 65_534, 1]).unwrap();
    let bytes = TableSet::new(vec![table]).unwrap().to_bytes();
    assert_eq!(
        bytes,
        [
            1, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 2, 0, 1, 0, 0xfe, 0xff, 1, 0
        ]
    );
}

#[test]
fn truncated_table_sets_say_what_is_missing() {
    let bytes = gaussian::gaussian_tables().to_bytes();
    for length in (0..bytes.len()).step_by(7).chain([bytes.len() - 1]) {
        let error = TableSet::from_bytes(&bytes[..length]).unwrap_err();
        assert!(matches!(error, TableError::Truncated { needed, available }
            if available == length && needed > length));
    }
}

#[test]
fn a_table_set_of_another_version_names_both() {
    let error = TableSet::from_bytes(&[2, 0, 0, 0, 0]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "table set has version 2; this library reads version 1"
    );
}

#[test]
fn hostile_table_counts_cost_nothing() {
    let many = [1, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(
        TableSet::from_bytes(&many),
        Err(TableError::TableCount {
            tables: 0xffff_ffff
        })
    );
    let long_table = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
    assert_eq!(
        TableSet::from_bytes(&long_table),
        Err(TableError::SymbolCount { symbols: 65_535 })
    );
    let trailing = [1, 0, 0, 0, 0, 9];
    assert_eq!(
        TableSet::from_bytes(&trailing),
        Err(TableError::TrailingBytes { extra: 1 })
    );
}
