//! What encoder and decoder agree on.

/// Lower end of a state's interval.
pub(super) const STATE_MIN: u64 = 1 << 31;

/// A state is below this.
pub(super) const STATE_END: u64 = 1 << 63;

/// Bits of a renormalisation word.
pub(super) const WORD_BITS: u32 = 32;

/// Bytes of a renormalisation word.
pub(super) const WORD_BYTES: usize = 4;

/// Lanes of a large stream.
pub(super) const LANES: usize = 8;

/// The state that `lane` starts with in the encoder and must end with in the decoder.
///
/// Symbols that are damaged lead to other states. Raw bits have no redundancy of that kind, so lane
/// 0 starts with a checksum of them on top: that costs 1.6 bits at most, and nothing without them.
pub(super) fn initial_state(lane: usize, raw: &[u8]) -> u64 {
    match lane {
        0 => STATE_MIN + u64::from(crc32c::crc32c(raw)),
        _ => STATE_MIN,
    }
}

/// First byte of a stream of eight lanes. A stream of one lane has the number of bytes of its
/// state there: 0 for 2³¹, else 4 to 8.
pub(super) const EIGHT_LANES: u8 = 0x80;

/// How many interleaved lanes a stream gets.
///
/// Eight lanes decode faster, since their states do not wait for one another, and cost 45 bytes
/// more on average.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LaneChoice {
    /// Eight from about 16 KiB or 2²¹ symbols on, else one.
    #[default]
    Automatic,
    /// One.
    One,
    /// Eight.
    Eight,
}
