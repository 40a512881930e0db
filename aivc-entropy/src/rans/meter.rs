//! What coding cost a thread, for those who measure codecs from outside.
//!
//! Symbol coders are made and dropped deep inside codecs, so the figures are collected by thread.
//! Nobody pays for this who does not ask: a coder looks once a batch whether it is measured.

use std::cell::Cell;
use std::time::Instant;

use super::escape_bits;
use crate::table::{PROBABILITY_BITS, TableSet};

thread_local! {
    static FIGURES: Cell<Option<CodingFigures>> = const { Cell::new(None) };
}

/// What the symbol coders of a thread did while [`measure_coding`] ran.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CodingFigures {
    /// Symbols coded, in streams that turned out damaged too.
    pub symbols: u64,
    /// The ideal length of what was coded: the sum of `-log2` of the symbols' probabilities in their
    /// tables, with the bits of escape codes and raw bits as they are. Real streams are longer by what
    /// the coder and its states add.
    pub ideal_bits: f64,
    /// Seconds in the coders.
    pub seconds: f64,
    /// Seconds that counting took besides, which are no part of coding.
    pub counting_seconds: f64,
}

impl CodingFigures {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            symbols: self.symbols + other.symbols,
            ideal_bits: self.ideal_bits + other.ideal_bits,
            seconds: self.seconds + other.seconds,
            counting_seconds: self.counting_seconds + other.counting_seconds,
        }
    }
}

/// Does `work` and says what [`SymbolEncoder`](super::SymbolEncoder)s and
/// [`SymbolDecoder`](super::SymbolDecoder)s did for it on this thread. A measure around this one counts
/// it too.
///
/// ```
/// use aivc_entropy::{SymbolEncoder, gaussian, measure_coding};
///
/// let tables = gaussian::gaussian_tables();
/// let (bytes, figures) = measure_coding(|| {
///     let mut encoder = SymbolEncoder::new();
///     encoder.encode(&tables, &[20; 1000], &[0; 1000])?;
///     Ok::<_, aivc_entropy::EncodeError>(encoder.finish())
/// });
/// assert_eq!(figures.symbols, 1000);
/// assert!(bytes?.len() as f64 * 8.0 >= figures.ideal_bits);
/// # Ok::<(), aivc_entropy::EncodeError>(())
/// ```
pub fn measure_coding<R>(work: impl FnOnce() -> R) -> (R, CodingFigures) {
    let outer = FIGURES.replace(Some(CodingFigures::default()));
    let result = work();
    let figures = FIGURES.get().unwrap_or_default();
    FIGURES.set(outer.map(|outer| outer.plus(figures)));
    (result, figures)
}

/// Times `work` if this thread is measured, and then asks `count` for the symbols and ideal bits of it.
#[inline]
pub(super) fn metered<R>(work: impl FnOnce() -> R, count: impl FnOnce(&R) -> (u64, f64)) -> R {
    let Some(before) = FIGURES.get() else {
        return work();
    };
    let begun = Instant::now();
    let result = work();
    let coded = Instant::now();
    let (symbols, ideal_bits) = count(&result);
    FIGURES.set(Some(before.plus(CodingFigures {
        symbols,
        ideal_bits,
        seconds: (coded - begun).as_secs_f64(),
        counting_seconds: coded.elapsed().as_secs_f64(),
    })));
    result
}

/// Symbols and ideal bits of a batch. Symbols of tables that are not there count nothing.
pub(super) fn batch_cost(tables: &TableSet, indices: &[u16], values: &[i32]) -> (u64, f64) {
    /// Frequencies below 2^16 whose product is far from the end of `f64`: one logarithm for all.
    const TOGETHER: usize = 60;
    let mut bits = 0.0;
    for (indices, values) in indices.chunks(TOGETHER).zip(values.chunks(TOGETHER)) {
        let mut product = 1.0;
        for (&index, &value) in indices.iter().zip(values) {
            let Some((bin, is_escape)) = tables.bin_of(index, value) else {
                continue;
            };
            product *= f64::from(bin.frequency());
            bits += f64::from(PROBABILITY_BITS);
            if is_escape {
                let table = tables.table(index);
                bits += f64::from(escape_bits(value, table.min(), table.max()));
            }
        }
        bits -= product.log2();
    }
    (indices.len() as u64, bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gaussian::gaussian_tables;
    use crate::rans::{SymbolDecoder, SymbolEncoder};

    /// Symbols of all tables, some beyond them.
    fn symbols() -> (Vec<u16>, Vec<i32>) {
        (0..5000)
            .map(|i| ((i % 64) as u16, ((i * 7919) % 41 - 20) * (1 + i % 3)))
            .unzip()
    }

    #[test]
    fn both_directions_have_the_sum_of_the_symbols_information() {
        let tables = gaussian_tables();
        let (indices, values) = symbols();
        let mut expected = 12.0;
        for (&index, &value) in indices.iter().zip(&values) {
            let (bin, is_escape) = tables.bin_of(index, value).unwrap();
            expected -= (f64::from(bin.frequency()) / 65536.0).log2();
            if is_escape {
                let table = tables.table(index);
                expected += f64::from(escape_bits(value, table.min(), table.max()));
            }
        }
        let (bytes, encoding) = measure_coding(|| {
            let mut encoder = SymbolEncoder::new();
            encoder
                .encode(&tables, &indices[..70], &values[..70])
                .unwrap();
            encoder.encode_bits(5, 12).unwrap();
            encoder
                .encode(&tables, &indices[70..], &values[70..])
                .unwrap();
            encoder.finish()
        });
        let ((), decoding) = measure_coding(|| {
            let mut decoder = SymbolDecoder::new(&bytes).unwrap();
            let mut out = vec![0; values.len()];
            decoder
                .decode(&tables, &indices[..70], &mut out[..70])
                .unwrap();
            assert_eq!(decoder.decode_bits(12).unwrap(), 5);
            decoder
                .decode(&tables, &indices[70..], &mut out[70..])
                .unwrap();
            assert_eq!(out, values);
        });
        for figures in [encoding, decoding] {
            assert_eq!(figures.symbols, 5000);
            // Sums of 5000 terms in other orders.
            assert!((figures.ideal_bits - expected).abs() < 1e-6 * expected);
        }
        let real = 8.0 * bytes.len() as f64;
        // The state of one lane is 8 bytes with its length's, and the end is of whole words.
        assert!(
            (expected..expected + 8.0 * 14.0).contains(&real),
            "{real} for {expected}"
        );
    }

    #[test]
    fn an_outer_measure_counts_an_inner_one_and_nothing_is_counted_outside() {
        let tables = gaussian_tables();
        let code = || {
            let mut encoder = SymbolEncoder::new();
            encoder.encode(&tables, &[3; 10], &[0; 10]).unwrap();
        };
        let (inner, outer) = measure_coding(|| {
            code();
            measure_coding(code).1
        });
        code();
        assert_eq!((inner.symbols, outer.symbols), (10, 20));
        assert_eq!(measure_coding(|| ()).1, CodingFigures::default());
    }
}
