use thiserror::Error;

/// Why symbols cannot be encoded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// Every value needs one table index.
    #[error("{values} values come with {indices} table indices")]
    LengthMismatch {
        /// Table indices given.
        indices: usize,
        /// Values given.
        values: usize,
    },
    /// A symbol names a table that the set does not have.
    #[error("symbol {position} names table {index} of a set of {tables}")]
    TableIndex {
        /// Position in the batch.
        position: usize,
        /// The index.
        index: u16,
        /// Tables of the set.
        tables: usize,
    },
    /// Raw bits come in at most 32 at a time.
    #[error("{bits} raw bits at once; the limit is 32")]
    BitCount {
        /// Bits asked for.
        bits: u8,
    },
    /// A value has more bits than it is to be written with.
    #[error("{value} does not fit into {bits} raw bits")]
    BitValue {
        /// The value.
        value: u32,
        /// Bits asked for.
        bits: u8,
    },
}

/// Why symbols cannot be decoded. Except for the caller's own mistakes (lengths, table indices,
/// bit counts), it means that the stream is damaged, or was written with other tables.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Every value needs one table index.
    #[error("{values} values come with {indices} table indices")]
    LengthMismatch {
        /// Table indices given.
        indices: usize,
        /// Room for values.
        values: usize,
    },
    /// A symbol names a table that the set does not have.
    #[error("symbol {position} names table {index} of a set of {tables}")]
    TableIndex {
        /// Position in the batch.
        position: usize,
        /// The index.
        index: u16,
        /// Tables of the set.
        tables: usize,
    },
    /// Raw bits come in at most 32 at a time.
    #[error("{bits} raw bits at once; the limit is 32")]
    BitCount {
        /// Bits asked for.
        bits: u8,
    },
    /// There is not even a first byte.
    #[error("the symbol stream is empty; it has at least one byte")]
    Empty,
    /// The first byte is none of those defined.
    #[error("the symbol stream starts with the unknown layout byte {layout:#04x}")]
    Layout {
        /// The byte.
        layout: u8,
    },
    /// The stream ends within the initial states of its lanes.
    #[error("the symbol stream has {available} bytes, where its lane states need {needed}")]
    TruncatedStates {
        /// Bytes needed, the first byte included.
        needed: usize,
        /// Bytes there are.
        available: usize,
    },
    /// A lane's state is outside its interval, or written with too many bytes.
    #[error("lane {lane} starts with the invalid state {state:#x}")]
    State {
        /// The lane.
        lane: usize,
        /// The state.
        state: u64,
    },
    /// Words or raw bits are asked for that the stream does not have.
    #[error("the symbol stream is used up at symbol {symbol}")]
    Exhausted {
        /// Symbols decoded before, in all calls together.
        symbol: u64,
    },
    /// An escape code that no `i32` has.
    #[error("the escape code of symbol {symbol} stands for no 32-bit value")]
    Escape {
        /// Symbols decoded before, in all calls together.
        symbol: u64,
    },
    /// Bytes are left after the last symbol.
    #[error("{bytes} bytes of the symbol stream are left over")]
    LeftOver {
        /// How many.
        bytes: usize,
    },
    /// The unused bits of the last raw byte are not zero.
    #[error("the padding of the raw bits is {padding:#x}, not zero")]
    Padding {
        /// The bits.
        padding: u64,
    },
    /// A lane has not come back to its initial state.
    #[error("lane {lane} ends in state {state:#x}, not in {expected:#x}")]
    FinalState {
        /// The lane.
        lane: usize,
        /// The state.
        state: u64,
        /// The initial state.
        expected: u64,
    },
}
