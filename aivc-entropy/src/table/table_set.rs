use super::{CdfTable, PROBABILITY_BITS, TableError};
use crate::rans::escape_bits;

/// Most tables in a set: a table index is a `u16`.
pub const MAX_TABLES: usize = 65_536;

/// Most bins, escapes included, of all tables of a set together.
pub const MAX_TOTAL_BINS: usize = 1 << 22;

/// Number of equal parts that the 65536 slots of a table are cut into for finding a bin.
const BUCKETS: usize = 256;
const BUCKET_SHIFT: u32 = PROBABILITY_BITS - BUCKETS.ilog2();

/// Tables that symbols name by index, laid out for fast coding.
///
/// Beside 4 bytes per bin, every table has 256 starting points for the search of a bin: 512 bytes,
/// where a full slot-to-bin map would take 128 KiB a table and miss every cache.
#[derive(Debug, Clone)]
pub struct TableSet {
    tables: Vec<CdfTable>,
    rows: Vec<Row>,
    bins: Vec<Bin>,
    /// Per table, the bin (counted in its table) that holds the first slot of each bucket.
    buckets: Vec<[u16; BUCKETS]>,
}

/// Where a table lies in `TableSet::bins`.
#[derive(Debug, Clone, Copy)]
struct Row {
    first_bin: u32,
    /// Values with a bin of their own, which is also the position of the escape bin.
    symbols: u32,
    min: i32,
}

/// A bin's first slot (low 16 bits) and its frequency less one (high 16 bits).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bin(u32);

impl Bin {
    fn new(start: u32, frequency: u32) -> Self {
        Self(start | (frequency - 1) << PROBABILITY_BITS)
    }

    #[inline(always)]
    pub(crate) fn start(self) -> u32 {
        self.0 & 0xffff
    }

    #[inline(always)]
    pub(crate) fn frequency(self) -> u32 {
        (self.0 >> PROBABILITY_BITS) + 1
    }
}

/// What a slot of a table stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lookup {
    pub(crate) bin: Bin,
    /// The value; of no meaning for the escape.
    pub(crate) value: i32,
    pub(crate) is_escape: bool,
}

impl TableSet {
    /// A set of the given tables; symbols name them by their position.
    ///
    /// # Errors
    /// When there are more than [`MAX_TABLES`] tables or [`MAX_TOTAL_BINS`] bins.
    pub fn new(tables: Vec<CdfTable>) -> Result<Self, TableError> {
        if tables.len() > MAX_TABLES {
            return Err(TableError::TableCount {
                tables: tables.len(),
            });
        }
        let total_bins = tables.iter().map(|table| table.frequencies().len()).sum();
        if total_bins > MAX_TOTAL_BINS {
            return Err(TableError::TotalBins { bins: total_bins });
        }
        let mut rows = Vec::with_capacity(tables.len());
        let mut bins = Vec::with_capacity(total_bins);
        let mut buckets = Vec::with_capacity(tables.len());
        for table in &tables {
            let first_bin = bins.len();
            let mut start = 0;
            for &frequency in table.frequencies() {
                bins.push(Bin::new(start, frequency.into()));
                start += u32::from(frequency);
            }
            buckets.push(bucket_starts(&bins[first_bin..]));
            rows.push(Row {
                first_bin: first_bin as u32,
                symbols: table.symbols() as u32,
                min: table.min(),
            });
        }
        Ok(Self {
            tables,
            rows,
            bins,
            buckets,
        })
    }

    /// How many tables there are.
    pub fn len(&self) -> usize {
        self.tables.len()
    }

    /// Whether there is no table.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// The tables in order.
    pub fn tables(&self) -> &[CdfTable] {
        &self.tables
    }

    /// Table `index`.
    ///
    /// # Panics
    /// When there is no such table.
    pub fn table(&self, index: u16) -> &CdfTable {
        &self.tables[usize::from(index)]
    }

    /// A set of the tables of `self`, followed by those of `other`.
    ///
    /// # Errors
    /// When both together go over a limit.
    pub fn concat(&self, other: &Self) -> Result<Self, TableError> {
        Self::new([self.tables(), other.tables()].concat())
    }

    /// What coding `value` with table `index` ideally costs, in bits, its escape code included.
    ///
    /// # Panics
    /// When there is no such table.
    pub fn cost_bits(&self, index: u16, value: i32) -> f64 {
        let (bin, is_escape) = self.bin_of(index, value).expect("a table of this set");
        let bin_bits = f64::from(PROBABILITY_BITS) - f64::from(bin.frequency()).log2();
        let table = self.table(index);
        let escape = if is_escape {
            escape_bits(value, table.min(), table.max())
        } else {
            0
        };
        bin_bits + f64::from(escape)
    }

    /// The bin that codes `value`, and whether it is the escape; nothing without such a table.
    #[inline]
    pub(crate) fn bin_of(&self, index: u16, value: i32) -> Option<(Bin, bool)> {
        let row = self.rows.get(usize::from(index))?;
        let position = i64::from(value) - i64::from(row.min);
        let is_escape = !(0..i64::from(row.symbols)).contains(&position);
        let position = if is_escape {
            row.symbols
        } else {
            position as u32
        };
        Some((self.bins[(row.first_bin + position) as usize], is_escape))
    }

    /// What `slot` (below 65536) of table `index` stands for; nothing without such a table.
    #[inline(always)]
    pub(crate) fn lookup(&self, index: u16, slot: u32) -> Option<Lookup> {
        let row = self.rows.get(usize::from(index))?;
        let buckets = &self.buckets[usize::from(index)];
        let mut position = u32::from(buckets[(slot >> BUCKET_SHIFT) as usize % BUCKETS]);
        let mut bin = self.bins[(row.first_bin + position) as usize];
        // The bucket's first bin starts at or before the slot and the bins of a table cover all
        // 65536 slots, so the search ends within the table.
        while slot - bin.start() >= bin.frequency() {
            position += 1;
            bin = self.bins[(row.first_bin + position) as usize];
        }
        Some(Lookup {
            bin,
            value: row.min.wrapping_add(position as i32),
            is_escape: position == row.symbols,
        })
    }
}

impl PartialEq for TableSet {
    fn eq(&self, other: &Self) -> bool {
        self.tables == other.tables
    }
}

impl Eq for TableSet {}

fn bucket_starts(bins: &[Bin]) -> [u16; BUCKETS] {
    let mut position = 0;
    std::array::from_fn(|bucket| {
        let slot = (bucket as u32) << BUCKET_SHIFT;
        while slot - bins[position].start() >= bins[position].frequency() {
            position += 1;
        }
        position as u16
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gaussian::gaussian_tables;

    fn linear_lookup(table: &CdfTable, slot: u32) -> (u32, u32, usize) {
        let mut start = 0;
        for (position, &frequency) in table.frequencies().iter().enumerate() {
            if slot < start + u32::from(frequency) {
                return (start, frequency.into(), position);
            }
            start += u32::from(frequency);
        }
        unreachable!("the frequencies cover all slots");
    }

    #[test]
    fn lookup_equals_a_linear_search_in_every_slot() {
        let gaussians = gaussian_tables();
        let mut tables: Vec<CdfTable> = [0, 20, 63]
            .map(|index| gaussians.table(index).clone())
            .to_vec();
        tables.push(CdfTable::from_frequencies(-5, &[65_535, 1]).unwrap());
        tables.push(CdfTable::from_frequencies(i32::MAX, &[1, 65_535]).unwrap());
        tables.push(CdfTable::from_weights(i32::MIN, &[1.0; MAX_SYMBOLS], 0.0).unwrap());
        let set = TableSet::new(tables).unwrap();
        for (index, table) in set.tables().iter().enumerate() {
            for slot in 0..1 << PROBABILITY_BITS {
                let found = set.lookup(index as u16, slot).unwrap();
                let (start, frequency, position) = linear_lookup(table, slot);
                assert_eq!(
                    (found.bin.start(), found.bin.frequency()),
                    (start, frequency)
                );
                assert_eq!(found.is_escape, position == table.symbols());
                if !found.is_escape {
                    assert_eq!(
                        i64::from(found.value),
                        i64::from(table.min()) + position as i64
                    );
                    let bin_of = set.bin_of(index as u16, found.value);
                    assert_eq!(bin_of, Some((found.bin, false)));
                }
            }
        }
        assert!(set.lookup(6, 0).is_none());
    }

    const MAX_SYMBOLS: usize = super::super::MAX_SYMBOLS_PER_TABLE;
}
