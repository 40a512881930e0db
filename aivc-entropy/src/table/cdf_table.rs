use super::TableError;
use super::normalize::normalize;

/// Bits of precision of a probability: the frequencies of a table sum to `1 << PROBABILITY_BITS`.
pub const PROBABILITY_BITS: u32 = 16;

/// Most values that one table has bins for.
pub const MAX_SYMBOLS_PER_TABLE: usize = 32_768;

/// The probabilities of one integer random variable, as frequencies that sum to 65536.
///
/// Bin `k` stands for the value `min() + k`; the last bin is the escape, which stands for every
/// other `i32`. Every bin has a frequency of at least 1, so that every `i32` has a code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CdfTable {
    min: i32,
    // There are at least two bins of at least 1, so none reaches 65536 and `u16` suffices.
    frequencies: Vec<u16>,
}

impl CdfTable {
    /// A table from frequencies that are already normalised; the last one is the escape's.
    ///
    /// # Errors
    /// When there is no value or there are too many, a frequency is 0, the sum is not 65536, or
    /// the values go past `i32::MAX`.
    pub fn from_frequencies(min: i32, frequencies: &[u32]) -> Result<Self, TableError> {
        check_range(min, frequencies.len().saturating_sub(1))?;
        if let Some(bin) = frequencies.iter().position(|&f| f == 0) {
            return Err(TableError::ZeroFrequency { bin });
        }
        let sum = frequencies.iter().map(|&f| u64::from(f)).sum();
        if sum != 1 << PROBABILITY_BITS {
            return Err(TableError::FrequencySum { sum });
        }
        // At least two bins, none 0, sum 65536: the cast keeps every frequency.
        let frequencies = frequencies.iter().map(|&f| f as u16).collect();
        Ok(Self { min, frequencies })
    }

    /// A table whose frequencies are as near as can be to the given weights.
    ///
    /// `weights` are those of the values from `min` on, in any unit; `escape_weight` is that of
    /// all other values together. The result is the same on every platform: only correctly
    /// rounded IEEE 754 operations in a fixed order take part. A weight of 0 is allowed and gets a
    /// frequency of 1.
    ///
    /// # Errors
    /// When a weight is negative or not finite, all are 0, there is no value or there are too
    /// many, or the values go past `i32::MAX`.
    pub fn from_weights(min: i32, weights: &[f64], escape_weight: f64) -> Result<Self, TableError> {
        check_range(min, weights.len())?;
        let frequencies = normalize(weights, escape_weight)?;
        Ok(Self { min, frequencies })
    }

    /// The value of the first bin.
    pub fn min(&self) -> i32 {
        self.min
    }

    /// The value of the last bin before the escape.
    pub fn max(&self) -> i32 {
        // `check_range` held this in range.
        (i64::from(self.min) + self.symbols() as i64 - 1) as i32
    }

    /// How many values have a bin of their own.
    pub fn symbols(&self) -> usize {
        self.frequencies.len() - 1
    }

    /// The frequencies, that of the escape last.
    pub fn frequencies(&self) -> &[u16] {
        &self.frequencies
    }

    /// The frequency of the escape bin.
    pub fn escape_frequency(&self) -> u16 {
        self.frequencies[self.symbols()]
    }
}

fn check_range(min: i32, symbols: usize) -> Result<(), TableError> {
    if symbols == 0 || symbols > MAX_SYMBOLS_PER_TABLE {
        return Err(TableError::SymbolCount { symbols });
    }
    if i64::from(min) + symbols as i64 - 1 > i64::from(i32::MAX) {
        return Err(TableError::RangeOverflow { min, symbols });
    }
    Ok(())
}
