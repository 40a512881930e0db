//! What encoder and decoder agree on.

/// Lower end of a state's interval. Every lane starts with it in the encoder and must end with it
/// in the decoder.
pub(super) const STATE_MIN: u64 = 1 << 31;

/// A state is below this.
pub(super) const STATE_END: u64 = 1 << 63;

/// Bits of a renormalisation word.
pub(super) const WORD_BITS: u32 = 32;

/// Bytes of a renormalisation word.
pub(super) const WORD_BYTES: usize = 4;

/// Lanes of a large stream.
pub(super) const LANES: usize = 8;

/// First byte of a stream of eight lanes. A stream of one lane has the number of bytes of its
/// state there: 0 for the initial state, else 4 to 8.
pub(super) const EIGHT_LANES: u8 = 0x80;

/// How many interleaved lanes a stream gets.
///
/// Eight lanes decode faster, since their states do not wait for one another, and cost 45 bytes
/// more on average.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LaneChoice {
    /// Eight from about 16 KiB or 2¹⁹ symbols on, else one.
    #[default]
    Automatic,
    /// One.
    One,
    /// Eight.
    Eight,
}
