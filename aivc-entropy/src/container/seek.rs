//! Reading out of order.

use std::io::{Read, Seek, SeekFrom};

use super::index::{self, ContainerIndex, IndexHead, IndexStatus};
use super::reader::State;
use super::source::read_fully;
use super::{ContainerError, ContainerReader};

impl<R: Read + Seek> ContainerReader<R> {
    /// The index at the end of the stream, which must be the end of the reader too. The next
    /// packet stays the same.
    ///
    /// # Errors
    /// [`ContainerError::IndexMissing`] or [`ContainerError::IndexDamaged`] when there is none to
    /// use, [`ContainerError::Io`] when reading or seeking fails.
    pub fn read_index(&mut self) -> Result<ContainerIndex, ContainerError> {
        let offset = self.source.offset();
        let base = self.base()?;
        let result = self.load_index(base);
        self.restart(base, offset)?;
        let index = result?;
        self.index_status = match self.state {
            State::End => IndexStatus::Complete,
            _ => self.index_status,
        };
        Ok(index)
    }

    /// Makes packet `packet` of the index the next one.
    ///
    /// # Errors
    /// [`ContainerError::NoSuchPacket`] when the index has no such packet, or as
    /// [`read_index`](Self::read_index).
    pub fn seek_to_packet(
        &mut self,
        index: &ContainerIndex,
        packet: u64,
    ) -> Result<(), ContainerError> {
        let packets = index.entries().len() as u64;
        let entry = usize::try_from(packet)
            .ok()
            .and_then(|packet| index.entries().get(packet))
            .ok_or(ContainerError::NoSuchPacket { packet, packets })?;
        let base = self.base()?;
        self.restart(base, entry.offset)?;
        self.packet = packet;
        self.state = State::Packet;
        self.index_status = IndexStatus::NotReached;
        Ok(())
    }

    /// Makes the last keyframe that is shown at or before `ticks` the next packet; returns its
    /// number.
    ///
    /// # Errors
    /// [`ContainerError::NoKeyframe`] when all keyframes are later, or as
    /// [`seek_to_packet`](Self::seek_to_packet).
    pub fn seek_to_keyframe_at_or_before(
        &mut self,
        index: &ContainerIndex,
        ticks: i64,
    ) -> Result<u64, ContainerError> {
        let packet = index
            .keyframe_at_or_before(ticks)
            .ok_or(ContainerError::NoKeyframe { ticks })? as u64;
        self.seek_to_packet(index, packet)?;
        Ok(packet)
    }

    /// Where the stream starts in the reader.
    fn base(&mut self) -> Result<u64, ContainerError> {
        let read = self.source.offset() + self.source.bytes().len() as u64;
        let position = self.source.reader_mut().stream_position()?;
        Ok(position.saturating_sub(read))
    }

    fn restart(&mut self, base: u64, offset: u64) -> Result<(), ContainerError> {
        self.source
            .reader_mut()
            .seek(SeekFrom::Start(base.saturating_add(offset)))?;
        self.source.restart(offset);
        Ok(())
    }

    fn load_index(&mut self, base: u64) -> Result<ContainerIndex, ContainerError> {
        let reader = self.source.reader_mut();
        let length = reader.seek(SeekFrom::End(0))?.saturating_sub(base);
        let Some(trailer_offset) = length
            .checked_sub(index::TRAILER_BYTES as u64)
            .filter(|&offset| offset >= self.first_packet_offset)
        else {
            return Err(ContainerError::IndexMissing);
        };
        reader.seek(SeekFrom::Start(base + trailer_offset))?;
        let mut trailer = [0; index::TRAILER_BYTES];
        read_fully(reader, &mut trailer)?;
        let index_offset = index::parse_trailer(&trailer).ok_or(ContainerError::IndexMissing)?;
        if !(self.first_packet_offset..trailer_offset).contains(&index_offset) {
            return Err(ContainerError::IndexDamaged);
        }
        self.restart(base, index_offset)?;
        self.source.fill(index::HEAD_BYTES as u64)?;
        let head = self
            .source
            .bytes()
            .first_chunk()
            .and_then(IndexHead::parse)
            .ok_or(ContainerError::IndexDamaged)?;
        self.source.consume(index::HEAD_BYTES);
        let index = self
            .read_index_entries(&head)?
            .ok_or(ContainerError::IndexDamaged)?;
        Ok(index)
    }
}
