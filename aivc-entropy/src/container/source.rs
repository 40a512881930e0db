use std::io::{self, Read};

/// Bytes asked of the reader at once. A lying length costs no more memory than the bytes that are
/// really there, and this.
const CHUNK_BYTES: usize = 64 << 10;

/// A reader with a look ahead of any length.
#[derive(Debug)]
pub(super) struct Source<R> {
    reader: R,
    buffer: Vec<u8>,
    /// Bytes of `buffer` that are used up.
    start: usize,
    /// Position in the container of the first unused byte.
    offset: u64,
    at_end: bool,
}

impl<R: Read> Source<R> {
    pub(super) fn new(reader: R, offset: u64) -> Self {
        Self {
            reader,
            buffer: Vec::new(),
            start: 0,
            offset,
            at_end: false,
        }
    }

    /// The unused bytes that have been read.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Reads until `length` bytes are at hand or the end is reached; says which.
    pub(super) fn fill(&mut self, length: u64) -> io::Result<bool> {
        while (self.bytes().len() as u64) < length && !self.at_end {
            // Moving what is left to the front now and then keeps the buffer as small as the look
            // ahead, at a cost of less than one copy of every byte.
            if self.start > 0 && self.start >= self.buffer.len() / 2 {
                self.buffer.drain(..self.start);
                self.start = 0;
            }
            let filled = self.buffer.len();
            self.buffer.resize(filled + CHUNK_BYTES, 0);
            let result = read_some(&mut self.reader, &mut self.buffer[filled..]);
            self.buffer
                .truncate(filled + *result.as_ref().unwrap_or(&0));
            self.at_end = result? == 0;
        }
        Ok(self.bytes().len() as u64 >= length)
    }

    /// Uses up `length` bytes that are at hand.
    pub(super) fn consume(&mut self, length: usize) {
        assert!(
            length <= self.bytes().len(),
            "only bytes at hand can be used up"
        );
        self.start += length;
        self.offset += length as u64;
        // A packet of many MiB should not hold its memory for the rest of the stream.
        if self.start == self.buffer.len() {
            self.buffer.clear();
            self.buffer.shrink_to(2 * CHUNK_BYTES);
            self.start = 0;
        }
    }

    /// The reader itself, which is ahead of `offset` by `bytes().len()`.
    pub(super) fn reader_mut(&mut self) -> &mut R {
        &mut self.reader
    }

    /// Forgets what is at hand: the reader has been moved to `offset`.
    pub(super) fn restart(&mut self, offset: u64) {
        self.buffer.clear();
        self.start = 0;
        self.offset = offset;
        self.at_end = false;
    }
}

/// Reads until `bytes` is full or the end is reached; returns how many bytes there were.
pub(super) fn read_fully(reader: &mut impl Read, bytes: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < bytes.len() {
        match read_some(reader, &mut bytes[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

fn read_some(reader: &mut impl Read, bytes: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A reader that claims more than it was given room for is broken; do not follow it.
            Ok(count) => return Ok(count.min(bytes.len())),
            Err(error) => return Err(error),
        }
    }
}
