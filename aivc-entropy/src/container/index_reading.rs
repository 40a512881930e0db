//! Reading the index, where it stands.

use std::io::Read;

use super::index::{self, ContainerIndex, IndexHead, IndexStatus};
use super::reader::State;
use super::resync::skip_to_section;
use super::{ContainerError, ContainerReader};

impl<R: Read> ContainerReader<R> {
    /// Uses up what looks like the index. Whether the stream is over then: if the index is damaged,
    /// or was none, packets may follow.
    pub(super) fn take_index(&mut self) -> Result<bool, ContainerError> {
        if self.check_index()? {
            self.index_status = IndexStatus::Complete;
            self.state = State::End;
            return Ok(true);
        }
        self.index_status = IndexStatus::Damaged;
        skip_to_section(&mut self.source)?;
        if self.source.bytes().is_empty() {
            self.end();
            return Ok(true);
        }
        self.state = State::Damaged;
        Ok(false)
    }

    /// Uses up index and trailer when both are as they should be and end the stream. If not, uses up
    /// at least one byte.
    fn check_index(&mut self) -> Result<bool, ContainerError> {
        let offset = self.source.offset();
        self.source.fill(index::HEAD_BYTES as u64)?;
        let head = self.source.bytes().first_chunk().and_then(IndexHead::parse);
        let Some(head) = head.filter(|head| head.entry_bytes <= self.limits.index_bytes) else {
            self.source.consume(1);
            return Ok(false);
        };
        let checksum_at = index::HEAD_BYTES + head.entry_bytes as usize;
        let trailer_at = checksum_at + index::CHECKSUM_BYTES;
        let needed = trailer_at + index::TRAILER_BYTES;
        // One byte more than there should be, to see that nothing follows.
        self.source.fill(needed as u64 + 1)?;
        let bytes = self.source.bytes();
        let computed = crc32c::crc32c(&bytes[index::HEAD_BYTES..checksum_at.min(bytes.len())]);
        let complete = bytes.len() == needed
            && bytes[checksum_at..trailer_at] == computed.to_le_bytes()
            && bytes[trailer_at..] == index::trailer(offset);
        if complete {
            self.source.consume(needed);
        } else {
            self.search_within(needed.min(bytes.len()));
        }
        Ok(complete)
    }

    /// Uses up the entries of the index; nothing when they are damaged.
    pub(super) fn read_index_entries(
        &mut self,
        head: &IndexHead,
    ) -> Result<Option<ContainerIndex>, ContainerError> {
        if head.entry_bytes > self.limits.index_bytes {
            return Ok(None);
        }
        let length = head.entry_bytes as usize;
        if !self
            .source
            .fill(length as u64 + index::CHECKSUM_BYTES as u64)?
        {
            return Ok(None);
        }
        let (entries, rest) = self.source.bytes().split_at(length);
        let checksum = rest.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
        let index = (checksum == Some(crc32c::crc32c(entries)))
            .then(|| ContainerIndex::parse(entries, head.packets, self.first_packet_offset))
            .flatten();
        self.source.consume(length + index::CHECKSUM_BYTES);
        Ok(index)
    }
}
