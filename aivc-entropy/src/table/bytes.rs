//! Serialized table sets, as in `docs/format.md`, "Table sets".

use super::{CdfTable, MAX_SYMBOLS_PER_TABLE, MAX_TABLES, MAX_TOTAL_BINS, TableError, TableSet};

const VERSION: u8 = 1;

impl TableSet {
    /// The tables as bytes; [`from_bytes`](Self::from_bytes) reads them.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend((self.len() as u32).to_le_bytes());
        for table in self.tables() {
            bytes.extend(table.min().to_le_bytes());
            bytes.extend((table.symbols() as u16).to_le_bytes());
            bytes.extend(table.frequencies().iter().flat_map(|f| f.to_le_bytes()));
        }
        bytes
    }

    /// The tables that [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// Takes no more memory than a small multiple of `bytes`, whatever they say.
    ///
    /// # Errors
    /// When the version is unknown, bytes are missing or left over, a limit is passed, or a table
    /// is not valid.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TableError> {
        let mut source = Source { bytes, position: 0 };
        let [found] = source.take()?;
        if found != VERSION {
            return Err(TableError::Version {
                found,
                supported: VERSION,
            });
        }
        let count = u32::from_le_bytes(source.take()?) as usize;
        if count > MAX_TABLES {
            return Err(TableError::TableCount { tables: count });
        }
        let mut tables = Vec::new();
        let mut total_bins = 0;
        for _ in 0..count {
            let min = i32::from_le_bytes(source.take()?);
            let symbols = usize::from(u16::from_le_bytes(source.take()?));
            if symbols > MAX_SYMBOLS_PER_TABLE {
                return Err(TableError::SymbolCount { symbols });
            }
            let bins = symbols + 1;
            total_bins += bins;
            if total_bins > MAX_TOTAL_BINS {
                return Err(TableError::TotalBins { bins: total_bins });
            }
            let frequencies: Vec<u32> = source
                .take_slice(2 * bins)?
                .chunks_exact(2)
                .map(|pair| u32::from(u16::from_le_bytes([pair[0], pair[1]])))
                .collect();
            tables.push(CdfTable::from_frequencies(min, &frequencies)?);
        }
        match bytes.len() - source.position {
            0 => Self::new(tables),
            extra => Err(TableError::TrailingBytes { extra }),
        }
    }
}

struct Source<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Source<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], TableError> {
        let slice = self.take_slice(N)?;
        Ok(slice.try_into().expect("a slice of N bytes"))
    }

    fn take_slice(&mut self, length: usize) -> Result<&'a [u8], TableError> {
        let needed = self.position + length;
        let available = self.bytes.len();
        let slice = self
            .bytes
            .get(self.position..needed)
            .ok_or(TableError::Truncated { needed, available })?;
        self.position = needed;
        Ok(slice)
    }
}
