use std::io::Read;

use super::index::{self, IndexStatus};
use super::packet::{self, CHECKSUM_BYTES, MAX_HEADER_BYTES, PacketHeader, ParsedHeader};
use super::resync::{LOOK_AHEAD, skip_to_section, starts_section};
use super::source::Source;
use super::{ContainerError, DamageReason, Limits, Packet, StreamHeader};

/// Reads an `.aivc` stream, in order from any [`Read`], or by seeking.
///
/// Memory is that of the largest packet, or of the index where that is larger. Damage is an error for the packet that it hit: the next
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
    /// Whether the packet at hand was searched for, and may be none at all.
    found_by_search: bool,
    /// Bytes whose checksum was wrong and within which the search went on.
    checked_in_vain: u64,
}

/// Bytes of bad packets that may be searched through again for each byte that has been read.
const CREDIT_PER_BYTE: u64 = 8;

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
            found_by_search: false,
            checked_in_vain: 0,
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
        self.found_by_search = self.state == State::Damaged;
        if self.found_by_search {
            skip_to_section(&mut self.source)?;
            self.state = State::Packet;
        }
        if self.state == State::End {
            return Ok(None);
        }
        self.source.fill(MAX_HEADER_BYTES as u64)?;
        let offset = self.source.offset();
        let bytes = self.source.bytes();
        if bytes.is_empty() {
            self.end();
            return Ok(None);
        }
        let result = match PacketHeader::parse(bytes) {
            ParsedHeader::Valid(header) => self.read_packet(&header)?,
            ParsedHeader::NoMarker if index::at_marker(bytes) => {
                if self.take_index()? {
                    return Ok(None);
                }
                Err(DamageReason::Marker)
            }
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
        let needed = header.packet_bytes();
        if !self.source.fill(needed)? {
            let available = self.source.bytes().len();
            self.search_within(available);
            return Ok(Err(DamageReason::Truncated {
                needed,
                available: available as u64,
            }));
        }
        // `fill` found room for that many bytes, so the length is a `usize`.
        let needed = needed as usize;
        let bytes = &self.source.bytes()[..needed];
        let (head, rest) = bytes.split_at(header.length);
        let (payload, checksum) = rest.split_at(rest.len() - CHECKSUM_BYTES);
        let found = u32::from_le_bytes(checksum.try_into().expect("four bytes"));
        let computed = packet::packet_checksum(head, payload);
        if found != computed {
            self.skip_damaged(needed)?;
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

    /// Gives up the packet at hand, whose header is good but whose `length` bytes are not.
    ///
    /// When it follows a whole section and another one starts where it ends, its length is right,
    /// and what looks like a packet within it is none. When not, bytes have been lost or added.
    fn skip_damaged(&mut self, length: usize) -> Result<(), ContainerError> {
        self.source.fill(length as u64 + LOOK_AHEAD as u64)?;
        let rest = &self.source.bytes()[length..];
        if !self.found_by_search && (rest.is_empty() || starts_section(rest)) {
            self.source.consume(length);
        } else {
            self.search_within(length);
        }
        Ok(())
    }

    /// Lets the search for the next packet start within the `length` bytes of what is at hand.
    ///
    /// That looks at bytes again, and a stream made for it could keep a reader busy for the square
    /// of its size. So there is a credit; when it is used up, the length is believed.
    pub(super) fn search_within(&mut self, length: usize) {
        self.checked_in_vain += length as u64;
        let credit = CREDIT_PER_BYTE * self.source.offset() + u64::from(self.limits.payload_bytes);
        self.source.consume(if self.checked_in_vain <= credit {
            1
        } else {
            length
        });
        self.state = State::Damaged;
    }

    /// The stream is over.
    pub(super) fn end(&mut self) {
        self.state = State::End;
        if self.index_status == IndexStatus::NotReached {
            self.index_status = IndexStatus::Missing;
        }
    }
}
