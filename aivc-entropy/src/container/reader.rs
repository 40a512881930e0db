use std::io::Read;

use super::index::{self, ContainerIndex, IndexHead, IndexStatus};
use super::packet::{self, CHECKSUM_BYTES, MAX_HEADER_BYTES, PacketHeader, ParsedHeader};
use super::resync::skip_to_marker;
use super::source::Source;
use super::{ContainerError, DamageReason, Limits, Packet, StreamHeader};

/// Reads an `.aivc` stream, in order from any [`Read`], or by seeking.
///
/// Memory is that of the largest packet. Damage is an error for the packet that it hit: the next
/// call of [`next_packet`](Self::next_packet) goes on after it.
#[derive(Debug)]
pub struct ContainerReader<R> {
    pub(super) source: Source<R>,
    pub(super) header: StreamHeader,
    pub(super) limits: Limits,
    /// Where the packets start.
    pub(super) first_packet_offset: u64,
    pub(super) packet: u64,
    pub(super) state: State,
    pub(super) index_status: IndexStatus,
    /// End of the stretch that has been searched for markers once. A damaged packet that starts
    /// before it is skipped as a whole, so that no byte is looked at more than a few times.
    searched_until: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// A packet, the index or the end comes next.
    Packet,
    /// The bytes that come next are part of something damaged.
    Damaged,
    /// The packets are over.
    End,
}

impl<R: Read> ContainerReader<R> {
    /// Reads the stream header.
    ///
    /// # Errors
    /// When it is not one of a stream that can be read, or reading fails.
    pub fn new(reader: R) -> Result<Self, ContainerError> {
        Self::with_limits(reader, Limits::default())
    }

    /// As [`new`](Self::new), with other limits than the usual.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_limits(mut reader: R, limits: Limits) -> Result<Self, ContainerError> {
        let (header, length) = StreamHeader::read(&mut reader)?;
        let first_packet_offset = length as u64;
        Ok(Self {
            source: Source::new(reader, first_packet_offset),
            header,
            limits,
            first_packet_offset,
            packet: 0,
            state: State::Packet,
            index_status: IndexStatus::NotReached,
            searched_until: 0,
        })
    }

    /// The stream header.
    pub fn header(&self) -> &StreamHeader {
        &self.header
    }

    /// Number of the packet that comes next, from 0. After damage it counts a damaged stretch as
    /// one packet, since how many there were is not known.
    pub fn packet_number(&self) -> u64 {
        self.packet
    }

    /// What is known of the index; it is of interest once there are no more packets.
    pub fn index_status(&self) -> IndexStatus {
        self.index_status
    }

    /// The next packet, or nothing after the last one.
    ///
    /// # Errors
    /// [`ContainerError::DamagedPacket`] when the packet cannot be read; calling again goes on
    /// with the next one that can. [`ContainerError::Io`] when reading fails. A missing or damaged
    /// index is none; see [`index_status`](Self::index_status).
    pub fn next_packet(&mut self) -> Result<Option<Packet>, ContainerError> {
        if self.state == State::Damaged {
            skip_to_marker(&mut self.source)?;
            self.state = State::Packet;
            if self.source.bytes().is_empty() {
                self.end(IndexStatus::Missing);
            }
        }
        if self.state == State::End {
            return Ok(None);
        }
        self.source.fill(MAX_HEADER_BYTES as u64)?;
        let offset = self.source.offset();
        let bytes = self.source.bytes();
        if bytes.is_empty() {
            self.end(IndexStatus::Missing);
            return Ok(None);
        }
        if index::MARKER.starts_with(&bytes[..bytes.len().min(index::MARKER.len())]) {
            let complete = self.check_index()?;
            self.end(if complete {
                IndexStatus::Complete
            } else {
                IndexStatus::Damaged
            });
            return Ok(None);
        }
        let result = match PacketHeader::parse(bytes) {
            ParsedHeader::Valid(header) => self.read_packet(&header)?,
            ParsedHeader::NoMarker => self.damaged(DamageReason::Marker),
            ParsedHeader::Damaged => self.damaged(DamageReason::Header),
            ParsedHeader::Truncated => {
                let available = bytes.len() as u64;
                self.damaged(DamageReason::Truncated {
                    needed: available + 1,
                    available,
                })
            }
        };
        let packet = self.packet;
        self.packet += 1;
        result
            .map(Some)
            .map_err(|reason| ContainerError::DamagedPacket {
                packet,
                offset,
                reason,
            })
    }

    /// Uses up the packet whose header is at hand, or, when it is damaged, what has to be skipped.
    fn read_packet(
        &mut self,
        header: &PacketHeader,
    ) -> Result<Result<Packet, DamageReason>, ContainerError> {
        let limit = self.limits.payload_bytes;
        if header.payload_bytes > limit {
            let bytes = header.payload_bytes.into();
            return Ok(self.damaged(DamageReason::PayloadTooLong { bytes, limit }));
        }
        let start = self.source.offset();
        let needed = header.packet_bytes();
        if !self.source.fill(needed)? {
            let available = self.source.bytes().len() as u64;
            self.skip_damaged(start + available);
            return Ok(Err(DamageReason::Truncated { needed, available }));
        }
        // `fill` found room for that many bytes, so the length is a `usize`.
        let needed = needed as usize;
        let bytes = &self.source.bytes()[..needed];
        let (head, rest) = bytes.split_at(header.length);
        let (payload, checksum) = rest.split_at(rest.len() - CHECKSUM_BYTES);
        let found = u32::from_le_bytes(checksum.try_into().expect("four bytes"));
        let computed = packet::packet_checksum(head, payload);
        if found != computed {
            self.skip_damaged(start + needed as u64);
            return Ok(Err(DamageReason::Checksum { found, computed }));
        }
        let result = header.validate().map(|frame_type| Packet {
            frame_type,
            presentation_ticks: header.presentation_ticks,
            quality: header.quality,
            payload: payload.to_vec(),
        });
        self.source.consume(needed);
        Ok(result)
    }

    /// Gives up the packet at hand; the search for the next one starts within it.
    fn damaged<T>(&mut self, reason: DamageReason) -> Result<T, DamageReason> {
        self.source.consume(1);
        self.state = State::Damaged;
        Err(reason)
    }

    /// Gives up the packet at hand, whose header is good and says that it reaches to `end`.
    ///
    /// When bytes are lost from the middle of a packet, the next ones lie within its claimed
    /// length, so the search starts there. But a search within what was searched before could go
    /// on for ever in a stream that was made for it: there, the length is believed.
    fn skip_damaged(&mut self, end: u64) {
        self.state = State::Damaged;
        let start = self.source.offset();
        if start < self.searched_until {
            self.source.consume((end - start) as usize);
        } else {
            self.searched_until = end;
            self.source.consume(1);
        }
    }

    fn end(&mut self, status: IndexStatus) {
        self.state = State::End;
        self.index_status = status;
    }

    /// Uses up the index and the trailer, in constant memory; whether both are as they should be.
    fn check_index(&mut self) -> Result<bool, ContainerError> {
        let offset = self.source.offset();
        self.source.fill(index::HEAD_BYTES as u64)?;
        let head = self.source.bytes().first_chunk().and_then(IndexHead::parse);
        let Some(head) = head else { return Ok(false) };
        self.source.consume(index::HEAD_BYTES);
        let mut rest = head.entry_bytes as usize;
        let mut computed = crc32c::crc32c(&[]);
        while rest > 0 {
            self.source.fill(1)?;
            let part = self.source.bytes().len().min(rest);
            if part == 0 {
                return Ok(false);
            }
            computed = crc32c::crc32c_append(computed, &self.source.bytes()[..part]);
            self.source.consume(part);
            rest -= part;
        }
        // One byte more than there should be, to see that nothing follows.
        let tail = index::CHECKSUM_BYTES + index::TRAILER_BYTES;
        self.source.fill(tail as u64 + 1)?;
        let Some((checksum, trailer)) = self.source.bytes().split_first_chunk() else {
            return Ok(false);
        };
        let trailer = trailer.try_into().ok().and_then(index::parse_trailer);
        Ok(u32::from_le_bytes(*checksum) == computed && trailer == Some(offset))
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
