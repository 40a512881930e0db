//! Finding the next readable place after damage.

use std::io::{self, Read};

use super::index::{self, IndexHead};
use super::packet::{self, MAX_HEADER_BYTES, PacketHeader, ParsedHeader};
use super::source::Source;

/// Look ahead that decides whether something starts at a byte.
pub(super) const LOOK_AHEAD: usize = if MAX_HEADER_BYTES > index::HEAD_BYTES {
    MAX_HEADER_BYTES
} else {
    index::HEAD_BYTES
};

/// Uses up bytes until a packet or the index starts, or the stream ends.
///
/// Takes constant time a byte, whatever the bytes are.
pub(super) fn skip_to_section<R: Read>(source: &mut Source<R>) -> io::Result<()> {
    loop {
        source.fill(LOOK_AHEAD as u64)?;
        let bytes = source.bytes();
        if bytes.is_empty() || starts_section(bytes) {
            return Ok(());
        }
        let skip = bytes[1..]
            .iter()
            .position(|&byte| byte == packet::MARKER[0] || byte == index::MARKER[0]);
        let skip = skip.map_or(bytes.len(), |position| 1 + position);
        source.consume(skip);
    }
}

/// Whether a packet or the index starts with these bytes, by marker and check.
pub(super) fn starts_section(bytes: &[u8]) -> bool {
    matches!(PacketHeader::parse(bytes), ParsedHeader::Valid(_))
        || bytes.first_chunk().and_then(IndexHead::parse).is_some()
}
