/// What became of a call: 0 and above is what it did, below 0 why it did not.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AivcStatus {
    /// Done.
    Ok = 0,
    /// There is no frame any more: the stream is over.
    End = 1,
    /// Done, but the stream is damaged or cut off: frames that were lost are repetitions of the
    /// frame before.
    Repaired = 2,
    /// A pointer is NULL that must not be.
    NullPointer = -1,
    /// A value is out of its range, a name is unknown, a text is not UTF-8.
    InvalidArgument = -2,
    /// A struct has another size than in this library: `struct_size` is not set, or program and
    /// library are of different versions.
    StructSize = -3,
    /// The program was compiled for another ABI version.
    AbiVersion = -4,
    /// A buffer of the caller is too small, or its stride.
    BufferSize = -5,
    /// The call does not fit the state that the handle is in: a frame for a finished encoder, a
    /// frame of a closed decoder.
    OutOfOrder = -6,
    /// The handle is at work in another call.
    Busy = -7,
    /// A callback asked to stop.
    Cancelled = -8,
    /// A reading or writing callback failed.
    Callback = -9,
    /// A file could not be opened, read or written.
    Io = -10,
    /// The stream is damaged here, or is none.
    Damaged = -11,
    /// The stream or video needs something that this version does not do.
    Unsupported = -12,
    /// A model is unknown, not the one that the stream needs, or its weights are refused.
    Model = -13,
    /// A video or picture file is damaged, or of a kind that cannot be read or written.
    Video = -14,
    /// The two videos cannot be compared.
    Evaluation = -15,
    /// The recipe is refused, or the run failed.
    Training = -16,
    /// An error within the library: please report it. The handle in use is of no more use, other
    /// than to be freed.
    Internal = -99,
}
