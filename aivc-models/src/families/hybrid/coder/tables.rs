//! The tables that symbols are coded with, fitted to what encoders write.

use aivc_entropy::gaussian::{SCALE_LEVELS, gaussian_tables};
use aivc_entropy::{CdfTable, TableSet};

use crate::families::rate_aware::{RateAwareRounding, Rounding};
use crate::priors::logistic_tables;
use crate::weights::{WeightsError, WeightsFile};

/// What a bit may cost in squared quantization steps when latents are rounded. Of 0.10 to 0.30, 0.14 and
/// 0.18 were best on training clips (`docs/results.md`); steps that are best for `bits + λ·MSE` at a high
/// rate give 0.116.
const SQUARE_PER_BIT: f32 = 0.15;
/// Sizes that are counted one by one.
const COUNTED: usize = 64;
/// How often a table's own distribution counts beside what was counted, for a table of few values. Wide
/// ones need more, since the same count has more bins to fill.
const PRIOR_COUNT: f64 = 64.0;

/// Tables of symbols, one for each of 64 scales, symmetric about zero.
#[derive(Debug, Clone)]
pub(crate) struct SymbolTables {
    tables: TableSet,
    rounding: RateAwareRounding,
}

/// Symbols with the indices of their tables, in the order of the stream.
#[derive(Debug, Clone, Default)]
pub(crate) struct CodedSymbols {
    pub indices: Vec<u16>,
    pub symbols: Vec<i32>,
}

impl CodedSymbols {
    /// Bits that they take by these tables.
    pub fn bits(&self, tables: &TableSet) -> f64 {
        let pairs = self.indices.iter().zip(&self.symbols);
        pairs
            .map(|(&index, &symbol)| tables.cost_bits(index, symbol))
            .sum()
    }
}

/// How often symbols of each size came with each table.
#[derive(Debug, Clone)]
pub(crate) struct SymbolCounts {
    /// Sizes of [`COUNTED`] and more are counted together.
    counts: Vec<[u64; COUNTED + 1]>,
}

impl SymbolTables {
    fn new(tables: TableSet) -> Self {
        Self {
            rounding: RateAwareRounding::new(&tables, SQUARE_PER_BIT),
            tables,
        }
    }

    /// Those of latents that nothing was counted of yet.
    pub fn of_latents() -> Self {
        Self::new(logistic_tables())
    }

    /// Those of hyper-latents that nothing was counted of yet.
    pub fn of_hyper_latents() -> Self {
        Self::new(gaussian_tables())
    }

    pub fn load(name: &str, file: &WeightsFile) -> Result<Self, WeightsError> {
        file.tables(name, SCALE_LEVELS).map(Self::new)
    }

    pub fn store(&self, name: &str, file: &mut WeightsFile) {
        file.store_tables(name, &self.tables);
    }

    pub fn set(&self) -> &TableSet {
        &self.tables
    }

    /// Symbols of residuals, each with the table of its place and the price of its bits; see
    /// [`RateAwareRounding::round`].
    pub fn round(
        &self,
        residuals: &[f32],
        indices: &[u16],
        prices: impl Iterator<Item = f32>,
        rounding: Rounding,
    ) -> Vec<i32> {
        self.rounding.round(residuals, indices, prices, rounding)
    }

    /// The tables that fit the counts, with these as what is known without them.
    pub fn fitted(&self, counts: &SymbolCounts) -> Self {
        let pairs = self.tables.tables().iter().zip(&counts.counts);
        let tables = pairs.map(|(table, counts)| fitted(table, counts)).collect();
        Self::new(TableSet::new(tables).expect("as many tables of as many bins"))
    }
}

impl SymbolCounts {
    pub fn none() -> Self {
        Self {
            counts: vec![[0; COUNTED + 1]; SCALE_LEVELS],
        }
    }

    pub fn add(&mut self, coded: &CodedSymbols) {
        for (&index, symbol) in coded.indices.iter().zip(&coded.symbols) {
            let size = (symbol.unsigned_abs() as usize).min(COUNTED);
            self.counts[usize::from(index)][size] += 1;
        }
    }
}

/// A symmetric table of counts and of what the table before says of them.
fn fitted(before: &CdfTable, counts: &[u64; COUNTED + 1]) -> CdfTable {
    let total: u64 = counts.iter().sum();
    let frequencies: Vec<f64> = before.frequencies().iter().map(|&f| f.into()).collect();
    let all: f64 = frequencies.iter().sum();
    let peak = frequencies.iter().copied().fold(0.0, f64::max);
    let prior_count = PRIOR_COUNT * all / peak;
    let size = |bin: usize| (i64::from(before.min()) + bin as i64).unsigned_abs() as usize;
    // Beyond what is counted the table keeps its form.
    let far = |bin: &usize| size(*bin) >= COUNTED;
    let bins = 0..before.symbols();
    let escape = frequencies[before.symbols()];
    let beyond: f64 = bins
        .clone()
        .filter(far)
        .map(|bin| frequencies[bin])
        .sum::<f64>()
        + escape;
    let weight = |bin: usize, frequency: f64| {
        let counted = match size(bin) {
            0 => counts[0] as f64,
            size if size < COUNTED => counts[size] as f64 / 2.0,
            _ => counts[COUNTED] as f64 * frequency / beyond,
        };
        counted + prior_count * frequency / all
    };
    let weights: Vec<f64> = bins.map(|bin| weight(bin, frequencies[bin])).collect();
    // Sizes that are counted but have no bin, and a share of those that are not counted.
    let reach = before.max().unsigned_abs() as usize;
    let no_bin: u64 = (reach + 1..COUNTED).map(|size| counts[size]).sum();
    let uncounted = counts[COUNTED] as f64 * escape / beyond;
    let escapes = no_bin as f64 + uncounted + prior_count * escape / all;
    debug_assert!(weights.iter().sum::<f64>() + escapes <= total as f64 + prior_count + 1.0);
    CdfTable::from_weights(before.min(), &weights, escapes).expect("weights above zero")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fitted_tables_cost_less_of_what_was_counted() {
        let tables = SymbolTables::of_latents();
        let mut counts = SymbolCounts::none();
        // Fewer zeros than the table expects, a few large ones and an escape.
        let symbols: Vec<i32> = (0..4000)
            .map(|i| match i % 100 {
                0..20 => 1 - 2 * (i % 2),
                20 => 5,
                21 if i < 100 => 900,
                _ => 0,
            })
            .collect();
        for index in [2, 12, 50] {
            let coded = CodedSymbols {
                indices: vec![index; symbols.len()],
                symbols: symbols.clone(),
            };
            counts.add(&coded);
        }
        let fitted = tables.fitted(&counts);
        let bits = |tables: &SymbolTables, index: u16| -> f64 {
            let each = symbols.iter().map(|&s| tables.set().cost_bits(index, s));
            each.sum()
        };
        for index in [2, 12] {
            let (before, after) = (bits(&tables, index), bits(&fitted, index));
            // 20 % ones, of which half are negative, and 1 % fives: 1.0 bit each, and escapes of fives.
            assert!(after < before && after < 1.06 * 4000.0, "{before} {after}");
        }
        assert!(bits(&fitted, 50) < bits(&tables, 50));
        assert_eq!(fitted.set().table(30), tables.set().table(30), "uncounted");
        let table = fitted.set().table(12);
        let frequency = |value: i32| table.frequencies()[(value - table.min()) as usize];
        // One unit of rounding apart at most.
        assert!(frequency(1).abs_diff(frequency(-1)) <= 1);
    }

    #[test]
    fn one_count_changes_little() {
        let tables = SymbolTables::of_latents();
        let mut counts = SymbolCounts::none();
        counts.add(&CodedSymbols {
            indices: vec![40],
            symbols: vec![100],
        });
        let cost = |tables: &SymbolTables| tables.set().cost_bits(40, 3);
        let (before, after) = (cost(&tables), cost(&tables.fitted(&counts)));
        assert!((after - before).abs() < 0.1, "{before} {after}");
    }
}
