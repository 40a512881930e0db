use super::EncodeError;
use super::back_bits::BackBitWriter;
use super::escape::write_escape;
use super::lanes::{EIGHT_LANES, LANES, LaneChoice, STATE_MIN, WORD_BITS, initial_state};
use super::meter::{batch_cost, metered};
use crate::table::{Bin, PROBABILITY_BITS, TableSet};

/// Streams of at least this many bytes get eight lanes: 45 bytes are 0.3 % of it.
const EIGHT_LANES_FROM_BYTES: u64 = 16 << 10;

/// Streams of at least this many symbols get eight lanes, however small they are: decoding with
/// one lane takes 12 ms, and a frame of so many symbols is larger than 1280×720.
const EIGHT_LANES_FROM_SYMBOLS: usize = 1 << 21;

/// Turns integers into the bytes of one packet.
///
/// rANS works last in, first out, so the symbols are kept (4 bytes each) until
/// [`finish`](Self::finish) codes them in reverse. How symbols are divided into calls of
/// [`encode`](Self::encode) leaves no trace in the stream.
#[derive(Debug, Clone, Default)]
pub struct SymbolEncoder {
    bins: Vec<Bin>,
    raw: BackBitWriter,
    /// About -log2 of the probability of all `bins`, in 2⁻¹⁶ bits.
    cost: u64,
}

impl SymbolEncoder {
    /// An encoder of an empty stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends `values`, each coded with the table that `indices` names at its position.
    ///
    /// # Errors
    /// When the lengths differ or an index names no table; nothing is appended then.
    pub fn encode(
        &mut self,
        tables: &TableSet,
        indices: &[u16],
        values: &[i32],
    ) -> Result<(), EncodeError> {
        if indices.len() != values.len() {
            return Err(EncodeError::LengthMismatch {
                indices: indices.len(),
                values: values.len(),
            });
        }
        if let Some(position) = indices.iter().position(|&i| usize::from(i) >= tables.len()) {
            let index = indices[position];
            return Err(EncodeError::TableIndex {
                position,
                index,
                tables: tables.len(),
            });
        }
        metered(
            || self.append(tables, indices, values),
            |()| batch_cost(tables, indices, values),
        );
        Ok(())
    }

    /// Appends values whose indices name tables.
    fn append(&mut self, tables: &TableSet, indices: &[u16], values: &[i32]) {
        self.bins.reserve(values.len());
        for (&index, &value) in indices.iter().zip(values) {
            let (bin, is_escape) = tables.bin_of(index, value).expect("an index checked above");
            self.cost += approximate_cost(bin);
            self.bins.push(bin);
            if is_escape {
                let table = tables.table(index);
                write_escape(&mut self.raw, value, table.min(), table.max());
            }
        }
    }

    /// Appends `value` as `bits` (0 to 32) bits of its own, uncompressed.
    ///
    /// # Errors
    /// When `bits` is above 32, or `value` has more bits.
    pub fn encode_bits(&mut self, value: u32, bits: u8) -> Result<(), EncodeError> {
        if bits > 32 {
            return Err(EncodeError::BitCount { bits });
        }
        if u64::from(value) >> bits != 0 {
            return Err(EncodeError::BitValue { value, bits });
        }
        metered(
            || self.raw.write(value, bits.into()),
            |()| (0, f64::from(bits)),
        );
        Ok(())
    }

    /// How many symbols have been appended.
    pub fn symbols(&self) -> usize {
        self.bins.len()
    }

    /// The bytes of the stream, with the automatic number of lanes.
    pub fn finish(self) -> Vec<u8> {
        self.finish_with(LaneChoice::Automatic)
    }

    /// The bytes of the stream. Decoders tell the number of lanes from the stream.
    pub fn finish_with(self, lanes: LaneChoice) -> Vec<u8> {
        metered(|| self.into_stream(lanes), |_| (0, 0.0))
    }

    fn into_stream(self, lanes: LaneChoice) -> Vec<u8> {
        let bytes = (self.cost >> (PROBABILITY_BITS + 3)) + self.raw.byte_length() as u64;
        let eight = match lanes {
            LaneChoice::One => false,
            LaneChoice::Eight => true,
            LaneChoice::Automatic => {
                bytes >= EIGHT_LANES_FROM_BYTES || self.bins.len() >= EIGHT_LANES_FROM_SYMBOLS
            }
        };
        // The estimate is within a few percent; some room saves growing.
        let mut stream = Vec::with_capacity(bytes as usize + bytes as usize / 16 + 96);
        let raw = self.raw.finish();
        let words = if eight {
            let (states, words) = code_in_reverse::<LANES>(&self.bins, &raw);
            stream.push(EIGHT_LANES);
            stream.extend(states.iter().flat_map(|state| state.to_le_bytes()));
            words
        } else {
            let ([state], words) = code_in_reverse::<1>(&self.bins, &raw);
            let length = if state == STATE_MIN {
                0
            } else {
                8 - state.leading_zeros() / 8
            };
            stream.push(length as u8);
            stream.extend(&state.to_le_bytes()[..length as usize]);
            words
        };
        stream.extend(words.iter().rev().flat_map(|word| word.to_le_bytes()));
        stream.extend(raw);
        stream
    }
}

/// The states that the decoder starts with, and the words that it reads, last one first.
fn code_in_reverse<const N: usize>(bins: &[Bin], raw: &[u8]) -> ([u64; N], Vec<u32>) {
    let mut states = std::array::from_fn(|lane| initial_state(lane, raw));
    let mut words = Vec::new();
    for (position, bin) in bins.iter().enumerate().rev() {
        let state: &mut u64 = &mut states[position % N];
        let frequency = u64::from(bin.frequency());
        // Above this, the next state would leave the interval.
        if *state >= frequency << (63 - PROBABILITY_BITS) {
            words.push(*state as u32);
            *state >>= WORD_BITS;
        }
        *state = ((*state / frequency) << PROBABILITY_BITS)
            + *state % frequency
            + u64::from(bin.start());
    }
    (states, words)
}

/// -log2 of a bin's probability in 2⁻¹⁶ bits, with log2 taken as linear between powers of two: at
/// most 0.09 bits too much, which is good enough for choosing a number of lanes.
fn approximate_cost(bin: Bin) -> u64 {
    let frequency = u64::from(bin.frequency());
    let exponent = frequency.ilog2();
    let fraction = (frequency << (16 - exponent)) - (1 << 16);
    (u64::from(PROBABILITY_BITS - exponent) << 16) - fraction
}
