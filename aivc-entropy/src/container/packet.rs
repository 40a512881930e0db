use super::varint::{self, VarintError};
use super::{DamageReason, Limits, MAX_QUALITY};

/// First bytes of every packet.
pub(super) const MARKER: [u8; 4] = [0xa1, 0x56, 0xc3, 0x9e];

/// Longest packet header: marker, type, quality, time, length, check.
pub(super) const MAX_HEADER_BYTES: usize = 4 + 1 + 1 + varint::MAX_BYTES + 5 + 2;

/// Bytes after the payload.
pub(super) const CHECKSUM_BYTES: usize = 4;

/// What a packet's frame depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FrameType {
    /// On no other frame: decoding can start here.
    Key,
    /// On frames before it.
    Inter,
}

impl FrameType {
    pub(super) fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Key),
            1 => Some(Self::Inter),
            _ => None,
        }
    }

    pub(super) fn code(self) -> u8 {
        match self {
            Self::Key => 0,
            Self::Inter => 1,
        }
    }
}

/// One coded frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// What it depends on.
    pub frame_type: FrameType,
    /// When it is shown, in units of the stream's time base.
    pub presentation_ticks: i64,
    /// Quality index, 0 to [`MAX_QUALITY`].
    pub quality: u8,
    /// Its symbol stream, or whatever else the codec family writes.
    pub payload: Vec<u8>,
}

/// The fields before a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PacketHeader {
    pub(super) frame_type: u8,
    pub(super) quality: u8,
    pub(super) presentation_ticks: i64,
    pub(super) payload_bytes: u32,
    /// Bytes that it takes, marker and check included.
    pub(super) length: usize,
}

/// What [`PacketHeader::parse`] makes of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ParsedHeader {
    Valid(PacketHeader),
    /// Not the marker.
    NoMarker,
    /// The marker, and then nothing that passes the check.
    Damaged,
    /// The bytes end within the header.
    Truncated,
}

impl PacketHeader {
    pub(super) fn parse(bytes: &[u8]) -> ParsedHeader {
        let marker = &bytes[..bytes.len().min(MARKER.len())];
        if !MARKER.starts_with(marker) {
            return ParsedHeader::NoMarker;
        }
        let Some([frame_type, quality]) = bytes[marker.len()..].first_chunk::<2>() else {
            return ParsedHeader::Truncated;
        };
        let mut position = MARKER.len() + 2;
        let fields = varint::read_signed(bytes, &mut position)
            .and_then(|ticks| Ok((ticks, varint::read(bytes, &mut position)?)));
        let (presentation_ticks, payload_bytes) = match fields {
            Ok(fields) => fields,
            Err(VarintError::Truncated) => return ParsedHeader::Truncated,
            Err(VarintError::Invalid) => return ParsedHeader::Damaged,
        };
        let Ok(payload_bytes) = u32::try_from(payload_bytes) else {
            return ParsedHeader::Damaged;
        };
        let Some(check) = bytes[position..].first_chunk::<2>() else {
            return ParsedHeader::Truncated;
        };
        if *check != header_check(&bytes[MARKER.len()..position]) {
            return ParsedHeader::Damaged;
        }
        ParsedHeader::Valid(Self {
            frame_type: *frame_type,
            quality: *quality,
            presentation_ticks,
            payload_bytes,
            length: position + 2,
        })
    }

    /// Bytes of the whole packet.
    pub(super) fn packet_bytes(&self) -> u64 {
        self.length as u64 + u64::from(self.payload_bytes) + CHECKSUM_BYTES as u64
    }

    /// The type, when this version knows it and the quality is in range.
    pub(super) fn validate(&self) -> Result<FrameType, DamageReason> {
        if self.quality > MAX_QUALITY {
            return Err(DamageReason::Quality {
                quality: self.quality,
            });
        }
        FrameType::from_code(self.frame_type).ok_or(DamageReason::FrameType {
            code: self.frame_type,
        })
    }
}

impl Packet {
    /// Everything before the payload, and the checksum after it.
    pub(super) fn frame(&self, limits: &Limits) -> Result<(Vec<u8>, [u8; 4]), DamageReason> {
        if self.quality > MAX_QUALITY {
            return Err(DamageReason::Quality {
                quality: self.quality,
            });
        }
        if self.payload.len() as u64 > u64::from(limits.payload_bytes) {
            return Err(DamageReason::PayloadTooLong {
                bytes: self.payload.len() as u64,
                limit: limits.payload_bytes,
            });
        }
        let mut header = MARKER.to_vec();
        header.extend([self.frame_type.code(), self.quality]);
        varint::write_signed(&mut header, self.presentation_ticks);
        varint::write(&mut header, self.payload.len() as u64);
        let check = header_check(&header[MARKER.len()..]);
        header.extend(check);
        let checksum = packet_checksum(&header, &self.payload);
        Ok((header, checksum.to_le_bytes()))
    }
}

/// The low half of a CRC32C: enough to tell a header from chance, 4 bytes less than a second CRC
/// on packets that may have 200.
fn header_check(fields: &[u8]) -> [u8; 2] {
    (crc32c::crc32c(fields) as u16).to_le_bytes()
}

/// CRC32C of a packet's header (marker included) and payload.
pub(super) fn packet_checksum(header: &[u8], payload: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(header), payload)
}
