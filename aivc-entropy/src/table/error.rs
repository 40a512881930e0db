use thiserror::Error;

use super::{MAX_SYMBOLS_PER_TABLE, MAX_TABLES, MAX_TOTAL_BINS};

/// Why a table, or a set of tables, cannot exist.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum TableError {
    /// A table needs at least one bin for a value, and has a limit.
    #[error("a table holds 1 to {MAX_SYMBOLS_PER_TABLE} values, not {symbols}")]
    SymbolCount {
        /// Bins asked for, the escape bin not counted.
        symbols: usize,
    },
    /// The last value of the table is not an `i32`.
    #[error("a table of {symbols} values from {min} on goes past the largest i32")]
    RangeOverflow {
        /// Value of the first bin.
        min: i32,
        /// Bins asked for, the escape bin not counted.
        symbols: usize,
    },
    /// A frequency of zero would leave its value without a code.
    #[error("bin {bin} has frequency 0; the least is 1")]
    ZeroFrequency {
        /// Position of the bin in its table.
        bin: usize,
    },
    /// The frequencies do not fill the probability space.
    #[error("the frequencies sum to {sum}, not to 65536")]
    FrequencySum {
        /// What they sum to.
        sum: u64,
    },
    /// A weight is negative, infinite or not a number.
    #[error("weight {weight} of bin {bin} is not a finite number of at least 0")]
    Weight {
        /// Position of the bin, the escape bin last.
        bin: usize,
        /// The weight.
        weight: f64,
    },
    /// The weights sum to zero, or to infinity.
    #[error("the weights sum to {sum}, which cannot be normalised")]
    WeightSum {
        /// What they sum to.
        sum: f64,
    },
    /// More tables than a `u16` can name.
    #[error("a set holds at most {MAX_TABLES} tables, not {tables}")]
    TableCount {
        /// Tables asked for.
        tables: usize,
    },
    /// The bins of all tables together go over the limit.
    #[error("a set holds at most {MAX_TOTAL_BINS} bins, not {bins}")]
    TotalBins {
        /// Bins asked for.
        bins: usize,
    },
    /// Serialized tables of a version that this library does not know.
    #[error("table set has version {found}; this library reads version {supported}")]
    Version {
        /// Version of the bytes.
        found: u8,
        /// Version that can be read.
        supported: u8,
    },
    /// Serialized tables end early.
    #[error("table set ends after {available} bytes, where {needed} are needed")]
    Truncated {
        /// Bytes needed so far.
        needed: usize,
        /// Bytes there are.
        available: usize,
    },
    /// Serialized tables are followed by something else.
    #[error("{extra} bytes follow the table set")]
    TrailingBytes {
        /// Bytes left over.
        extra: usize,
    },
}
