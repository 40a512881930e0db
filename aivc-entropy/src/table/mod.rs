//! Integer probability tables.

mod bytes;
mod cdf_table;
mod error;
mod normalize;
mod table_set;

pub use cdf_table::{CdfTable, MAX_SYMBOLS_PER_TABLE, PROBABILITY_BITS};
pub use error::TableError;
pub(crate) use table_set::Bin;
pub use table_set::{MAX_TABLES, MAX_TOTAL_BINS, TableSet};
