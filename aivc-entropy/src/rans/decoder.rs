use super::DecodeError;
use super::back_bits::TwoEnds;
use super::escape::{EscapeError, read_escape};
use super::lanes::{
    EIGHT_LANES, LANES, STATE_END, STATE_MIN, WORD_BITS, WORD_BYTES, initial_state,
};
use super::meter::{batch_cost, metered};
use crate::table::{PROBABILITY_BITS, TableSet};

/// Turns the bytes of one packet back into integers, in as many batches as the caller likes.
///
/// Any bytes can be given: the work is bounded by the symbols asked for, nothing is allocated, and
/// damage ends in an error, at the latest in [`finish`](Self::finish). After an error the decoder
/// is of no further use, though still safe to call.
#[derive(Debug, Clone)]
pub struct SymbolDecoder<'a> {
    states: [u64; LANES],
    /// Lanes in use, less one: 0 or 7.
    lane_mask: usize,
    /// Symbols decoded so far; its low bits choose the lane.
    symbols: u64,
    source: TwoEnds<'a>,
}

impl<'a> SymbolDecoder<'a> {
    /// A decoder at the start of `bytes`, which hold exactly one stream.
    ///
    /// # Errors
    /// When the bytes do not start as a stream does.
    pub fn new(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let (&layout, rest) = bytes.split_first().ok_or(DecodeError::Empty)?;
        let (lanes, state_bytes) = match layout {
            0 => (1, 0),
            4..=8 => (1, usize::from(layout)),
            EIGHT_LANES => (LANES, 8),
            _ => return Err(DecodeError::Layout { layout }),
        };
        let (state_area, rest) =
            rest.split_at_checked(lanes * state_bytes)
                .ok_or(DecodeError::TruncatedStates {
                    needed: 1 + lanes * state_bytes,
                    available: bytes.len(),
                })?;
        let mut states = [STATE_MIN; LANES];
        if state_bytes > 0 {
            for (lane, part) in state_area.chunks_exact(state_bytes).enumerate() {
                let mut wide = [0; 8];
                wide[..state_bytes].copy_from_slice(part);
                let state = u64::from_le_bytes(wide);
                let padded = lanes == 1
                    && (state == STATE_MIN || (state_bytes > 4 && part[state_bytes - 1] == 0));
                if !(STATE_MIN..STATE_END).contains(&state) || padded {
                    return Err(DecodeError::State { lane, state });
                }
                states[lane] = state;
            }
        }
        Ok(Self {
            states,
            lane_mask: lanes - 1,
            symbols: 0,
            source: TwoEnds::new(rest),
        })
    }

    /// Decodes `out.len()` values, each with the table that `indices` names at its position.
    ///
    /// # Errors
    /// When the lengths differ, an index names no table, or the stream is damaged. What is in
    /// `out` then has no meaning.
    pub fn decode(
        &mut self,
        tables: &TableSet,
        indices: &[u16],
        out: &mut [i32],
    ) -> Result<(), DecodeError> {
        if indices.len() != out.len() {
            return Err(DecodeError::LengthMismatch {
                indices: indices.len(),
                values: out.len(),
            });
        }
        metered(
            || {
                let decoded = self.decode_batch(tables, indices, out);
                (decoded, out)
            },
            |(_, out)| batch_cost(tables, indices, out),
        )
        .0
    }

    fn decode_batch(
        &mut self,
        tables: &TableSet,
        indices: &[u16],
        out: &mut [i32],
    ) -> Result<(), DecodeError> {
        if self.lane_mask == 0 {
            return self.decode_plain(tables, indices, out, 0);
        }
        // Single symbols up to the next first lane, whole groups, and single symbols again.
        let head = self.symbols.wrapping_neg() as usize % LANES;
        let (head_indices, indices_rest) = indices.split_at(head.min(indices.len()));
        let (head_out, out_rest) = out.split_at_mut(head_indices.len());
        self.decode_plain(tables, head_indices, head_out, 0)?;
        let base = head_indices.len();
        let done = self.decode_groups(tables, indices_rest, out_rest, base)?;
        self.decode_plain(
            tables,
            &indices_rest[done..],
            &mut out_rest[done..],
            base + done,
        )
    }

    /// Decodes `bits` (0 to 32) raw bits.
    ///
    /// # Errors
    /// When `bits` is above 32 or the stream is used up.
    pub fn decode_bits(&mut self, bits: u8) -> Result<u32, DecodeError> {
        if bits > 32 {
            return Err(DecodeError::BitCount { bits });
        }
        metered(|| self.source.bits(bits.into()), |_| (0, f64::from(bits))).ok_or(
            DecodeError::Exhausted {
                symbol: self.symbols,
            },
        )
    }

    /// Checks that the stream has been decoded to its end.
    ///
    /// # Errors
    /// When bytes are left over, or a lane is not back in its initial state: the stream is
    /// damaged, or was decoded with other tables than it was encoded with.
    pub fn finish(self) -> Result<(), DecodeError> {
        if self.source.remaining() > 0 {
            return Err(DecodeError::LeftOver {
                bytes: self.source.remaining(),
            });
        }
        if self.source.padding() != 0 {
            return Err(DecodeError::Padding {
                padding: self.source.padding(),
            });
        }
        for (lane, &state) in self.states[..=self.lane_mask].iter().enumerate() {
            let expected = initial_state(lane, self.source.raw());
            if state != expected {
                return Err(DecodeError::FinalState {
                    lane,
                    state,
                    expected,
                });
            }
        }
        Ok(())
    }

    /// One symbol after the other: the reference for `decode_groups`, and the path of streams of
    /// one lane. `base` is where the slices start in the caller's batch.
    fn decode_plain(
        &mut self,
        tables: &TableSet,
        indices: &[u16],
        out: &mut [i32],
        base: usize,
    ) -> Result<(), DecodeError> {
        for (position, (&index, value)) in indices.iter().zip(out).enumerate() {
            let lane = self.symbols as usize & self.lane_mask;
            let state = self.states[lane];
            let slot = (state & 0xffff) as u32;
            let found = tables
                .lookup(index, slot)
                .ok_or_else(|| DecodeError::TableIndex {
                    position: base + position,
                    index,
                    tables: tables.len(),
                })?;
            let mut state = advance(state, slot, found.bin.start(), found.bin.frequency());
            if state < STATE_MIN {
                let word = self.source.word().ok_or(DecodeError::Exhausted {
                    symbol: self.symbols,
                })?;
                state = state << WORD_BITS | u64::from(word);
            }
            self.states[lane] = state;
            *value = if found.is_escape {
                self.escaped(tables, index)?
            } else {
                found.value
            };
            self.symbols += 1;
        }
        Ok(())
    }

    /// Whole groups of one symbol a lane, as long as the words of a group are sure to be there.
    /// Returns how many symbols it decoded.
    fn decode_groups(
        &mut self,
        tables: &TableSet,
        indices: &[u16],
        out: &mut [i32],
        base: usize,
    ) -> Result<usize, DecodeError> {
        let mut done = 0;
        let groups = indices
            .as_chunks::<LANES>()
            .0
            .iter()
            .zip(out.as_chunks_mut::<LANES>().0);
        for (group_indices, group_out) in groups {
            let Some(window) = self.source.window::<{ LANES * WORD_BYTES }>() else {
                break;
            };
            let mut words = 0;
            let mut escapes = 0_u32;
            for lane in 0..LANES {
                let state = self.states[lane];
                let index = group_indices[lane];
                let slot = (state & 0xffff) as u32;
                let found = tables
                    .lookup(index, slot)
                    .ok_or_else(|| DecodeError::TableIndex {
                        position: base + done + lane,
                        index,
                        tables: tables.len(),
                    })?;
                let state = advance(state, slot, found.bin.start(), found.bin.frequency());
                let at = words % LANES * WORD_BYTES;
                let word = [window[at], window[at + 1], window[at + 2], window[at + 3]];
                let refilled = state << WORD_BITS | u64::from(u32::from_le_bytes(word));
                let refill = state < STATE_MIN;
                self.states[lane] = if refill { refilled } else { state };
                words += usize::from(refill);
                group_out[lane] = found.value;
                escapes |= u32::from(found.is_escape) << lane;
            }
            self.source.skip_words(words);
            while escapes != 0 {
                let lane = escapes.trailing_zeros() as usize;
                group_out[lane] = self.escaped(tables, group_indices[lane])?;
                escapes &= escapes - 1;
            }
            self.symbols += LANES as u64;
            done += LANES;
        }
        Ok(done)
    }

    #[cold]
    fn escaped(&mut self, tables: &TableSet, index: u16) -> Result<i32, DecodeError> {
        let table = tables.table(index);
        let symbol = self.symbols;
        read_escape(&mut self.source, table.min(), table.max()).map_err(|error| match error {
            EscapeError::Exhausted => DecodeError::Exhausted { symbol },
            EscapeError::OutOfRange => DecodeError::Escape { symbol },
        })
    }
}

/// The state after a symbol whose bin holds `slot`, before renormalisation.
#[inline(always)]
fn advance(state: u64, slot: u32, start: u32, frequency: u32) -> u64 {
    u64::from(frequency) * (state >> PROBABILITY_BITS) + u64::from(slot - start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gaussian::gaussian_tables;
    use crate::rans::{LaneChoice, SymbolEncoder};
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static TABLES: LazyLock<TableSet> = LazyLock::new(gaussian_tables);

    /// What a decoder is left with: its states and how far it has read.
    fn position(decoder: &SymbolDecoder<'_>) -> ([u64; LANES], u64, usize) {
        (decoder.states, decoder.symbols, decoder.source.remaining())
    }

    proptest! {
        #[test]
        fn groups_equal_the_plain_path_on_valid_streams(
            symbols in prop::collection::vec((0_u16..64, -400_i32..400), 0..400),
        ) {
            let (indices, values): (Vec<u16>, Vec<i32>) = symbols.into_iter().unzip();
            let mut encoder = SymbolEncoder::new();
            encoder.encode(&TABLES, &indices, &values).unwrap();
            let bytes = encoder.finish_with(LaneChoice::Eight);

            let mut grouped = SymbolDecoder::new(&bytes).unwrap();
            let mut plain = grouped.clone();
            let mut out = vec![0; values.len()];
            grouped.decode(&TABLES, &indices, &mut out).unwrap();
            prop_assert_eq!(&out, &values);
            plain.decode_plain(&TABLES, &indices, &mut out, 0).unwrap();
            prop_assert_eq!(&out, &values);
            prop_assert_eq!(position(&grouped), position(&plain));
        }

        #[test]
        fn groups_equal_the_plain_path_on_hostile_streams(
            indices in prop::collection::vec(0_u16..64, 0..200),
            mut bytes in prop::collection::vec(any::<u8>(), 65..400),
        ) {
            bytes[0] = EIGHT_LANES;
            for lane in 1..=LANES {
                // Between the ends of a state's interval.
                bytes[8 * lane] = bytes[8 * lane] & 0x7f | 1;
            }
            let mut grouped = SymbolDecoder::new(&bytes).unwrap();
            let mut plain = grouped.clone();
            let mut grouped_out = vec![0; indices.len()];
            let mut plain_out = vec![0; indices.len()];
            let grouped_result = grouped.decode(&TABLES, &indices, &mut grouped_out);
            let plain_result = plain.decode_plain(&TABLES, &indices, &mut plain_out, 0);
            // Words and raw bits are taken in another order, so where the two ends meet the error
            // may name another symbol; whether there is one may not differ.
            prop_assert_eq!(grouped_result.is_ok(), plain_result.is_ok());
            if plain_result.is_ok() {
                prop_assert_eq!(grouped_out, plain_out);
                prop_assert_eq!(position(&grouped), position(&plain));
            }
        }
    }
}
