//! Raw bits at the end of a stream, least significant bit first, bytes from the last to the first.

use super::lanes::WORD_BYTES;

/// Collects raw bits.
#[derive(Debug, Clone, Default)]
pub(super) struct BackBitWriter {
    bytes: Vec<u8>,
    pending: u64,
    pending_bits: u32,
}

impl BackBitWriter {
    /// Appends the low `bits` (at most 32) bits of `value`, whose others are zero.
    pub(super) fn write(&mut self, value: u32, bits: u32) {
        self.pending |= u64::from(value) << self.pending_bits;
        self.pending_bits += bits;
        while self.pending_bits >= 8 {
            self.bytes.push(self.pending as u8);
            self.pending >>= 8;
            self.pending_bits -= 8;
        }
    }

    pub(super) fn byte_length(&self) -> usize {
        self.bytes.len()
    }

    /// All bytes as they are stored; the first one, which is read last, is padded with zero bits.
    pub(super) fn finish(mut self) -> Vec<u8> {
        if self.pending_bits > 0 {
            self.bytes.push(self.pending as u8);
        }
        self.bytes.reverse();
        self.bytes
    }
}

/// The bytes of a stream between its lane states and its end: words are taken from the front, raw
/// bits from the back, and neither reaches past the other.
#[derive(Debug, Clone)]
pub(super) struct TwoEnds<'a> {
    bytes: &'a [u8],
    front: usize,
    back: usize,
    pending: u64,
    pending_bits: u32,
}

impl<'a> TwoEnds<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            front: 0,
            back: bytes.len(),
            pending: 0,
            pending_bits: 0,
        }
    }

    /// The next word, or nothing when there is none.
    #[inline(always)]
    pub(super) fn word(&mut self) -> Option<u32> {
        let word = self.bytes[self.front..self.back].first_chunk::<WORD_BYTES>()?;
        self.front += WORD_BYTES;
        Some(u32::from_le_bytes(*word))
    }

    /// The next `N` bytes of the front without taking them, or nothing when there are fewer.
    #[inline(always)]
    pub(super) fn window<const N: usize>(&self) -> Option<&'a [u8; N]> {
        self.bytes[self.front..self.back].first_chunk::<N>()
    }

    /// Takes words that [`window`](Self::window) has shown.
    #[inline(always)]
    pub(super) fn skip_words(&mut self, words: usize) {
        self.front += WORD_BYTES * words;
        debug_assert!(self.front <= self.back);
    }

    /// The next `count` (at most 32) raw bits, or nothing when there are fewer.
    pub(super) fn bits(&mut self, count: u32) -> Option<u32> {
        while self.pending_bits < count {
            if self.back == self.front {
                return None;
            }
            self.back -= 1;
            self.pending |= u64::from(self.bytes[self.back]) << self.pending_bits;
            self.pending_bits += 8;
        }
        let value = self.pending & ((1 << count) - 1);
        self.pending >>= count;
        self.pending_bits -= count;
        Some(value as u32)
    }

    /// Bytes that neither end has taken.
    pub(super) fn remaining(&self) -> usize {
        self.back - self.front
    }

    /// The bytes that have been taken from the back.
    pub(super) fn raw(&self) -> &'a [u8] {
        &self.bytes[self.back..]
    }

    /// The bits of the last raw byte that have not been read.
    pub(super) fn padding(&self) -> u64 {
        self.pending
    }
}
