use super::packet::FrameType;
use super::varint;

/// First bytes of the index: the complement of a packet's marker, so that no small damage turns
/// one into the other.
pub(super) const MARKER: [u8; 4] = [0x5e, 0xa9, 0x3c, 0x61];

/// Last bytes of a complete stream.
pub(super) const END_MAGIC: [u8; 4] = *b"AIVE";

/// Marker, number of packets, length of the entries, check.
pub(super) const HEAD_BYTES: usize = 4 + 8 + 4 + 4;

/// Offset of the index, its check, end magic.
pub(super) const TRAILER_BYTES: usize = 8 + 4 + 4;

/// CRC32C of the entries.
pub(super) const CHECKSUM_BYTES: usize = 4;

/// Where a packet lies, and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexEntry {
    /// First byte of the packet, from the start of the stream.
    pub offset: u64,
    /// When it is shown, in units of the stream's time base.
    pub presentation_ticks: i64,
    /// What it depends on.
    pub frame_type: FrameType,
}

/// The packets of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContainerIndex {
    pub(super) entries: Vec<IndexEntry>,
}

/// What a reader knows of the index at the end of its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexStatus {
    /// The reader has not come to the end yet.
    NotReached,
    /// It is there, fits its checksums, and lies where its trailer says: no byte before it has been
    /// lost or added.
    Complete,
    /// The stream ends without it: it was cut off, or is still being written.
    Missing,
    /// It is damaged or cut off, or bytes before it have been lost or added.
    Damaged,
}

impl ContainerIndex {
    /// The packets, in the order of the stream.
    pub fn entries(&self) -> &[IndexEntry] {
        &self.entries
    }

    /// The number of the last keyframe that is shown at or before `ticks`.
    pub fn keyframe_at_or_before(&self, ticks: i64) -> Option<usize> {
        let keyframes = self.entries.iter().enumerate().filter(|(_, entry)| {
            entry.frame_type == FrameType::Key && entry.presentation_ticks <= ticks
        });
        keyframes
            .max_by_key(|(number, entry)| (entry.presentation_ticks, *number))
            .map(|(n, _)| n)
    }

    /// The entries that [`IndexWriter`] wrote for `packets` packets from `first_offset` on.
    pub(super) fn parse(bytes: &[u8], packets: u64, first_offset: u64) -> Option<Self> {
        // An entry takes three bytes or more, so this bounds the memory by that of `bytes`.
        if packets > bytes.len() as u64 / 3 {
            return None;
        }
        let mut entries = Vec::with_capacity(packets as usize);
        let mut position = 0;
        let mut offset = first_offset;
        let mut presentation_ticks = 0_i64;
        for _ in 0..packets {
            let frame_type = FrameType::from_code(*bytes.get(position)?)?;
            position += 1;
            let length = varint::read(bytes, &mut position).ok()?;
            let step = varint::read_signed(bytes, &mut position).ok()?;
            presentation_ticks = presentation_ticks.wrapping_add(step);
            entries.push(IndexEntry {
                offset,
                presentation_ticks,
                frame_type,
            });
            offset = offset.checked_add(length)?;
        }
        (position == bytes.len()).then_some(Self { entries })
    }
}

/// The fixed part before the entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct IndexHead {
    pub(super) packets: u64,
    pub(super) entry_bytes: u32,
}

impl IndexHead {
    pub(super) fn to_bytes(self) -> [u8; HEAD_BYTES] {
        let mut bytes = [0; HEAD_BYTES];
        bytes[..4].copy_from_slice(&MARKER);
        bytes[4..12].copy_from_slice(&self.packets.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.entry_bytes.to_le_bytes());
        let check = crc32c::crc32c(&bytes[..16]);
        bytes[16..].copy_from_slice(&check.to_le_bytes());
        bytes
    }

    pub(super) fn parse(bytes: &[u8; HEAD_BYTES]) -> Option<Self> {
        let head = Self {
            packets: u64::from_le_bytes(*bytes[4..].first_chunk()?),
            entry_bytes: u32::from_le_bytes(*bytes[12..].first_chunk()?),
        };
        (head.to_bytes() == *bytes).then_some(head)
    }
}

/// Whether these bytes start with the marker, or are its beginning.
pub(super) fn at_marker(bytes: &[u8]) -> bool {
    MARKER.starts_with(&bytes[..bytes.len().min(MARKER.len())])
}

/// The last bytes of a stream, which say where its index starts.
pub(super) fn trailer(index_offset: u64) -> [u8; TRAILER_BYTES] {
    let mut bytes = [0; TRAILER_BYTES];
    bytes[..8].copy_from_slice(&index_offset.to_le_bytes());
    let check = crc32c::crc32c(&bytes[..8]);
    bytes[8..12].copy_from_slice(&check.to_le_bytes());
    bytes[12..].copy_from_slice(&END_MAGIC);
    bytes
}

/// Where the index starts, when the bytes are a trailer.
pub(super) fn parse_trailer(bytes: &[u8; TRAILER_BYTES]) -> Option<u64> {
    let offset = u64::from_le_bytes(*bytes.first_chunk()?);
    (trailer(offset) == *bytes).then_some(offset)
}

/// Collects entries in the form that they are written in.
#[derive(Debug, Clone, Default)]
pub(super) struct IndexWriter {
    bytes: Vec<u8>,
    packets: u64,
    last_ticks: i64,
}

impl IndexWriter {
    pub(super) fn push(&mut self, frame_type: FrameType, packet_bytes: u64, ticks: i64) {
        self.bytes.push(frame_type.code());
        varint::write(&mut self.bytes, packet_bytes);
        varint::write_signed(&mut self.bytes, ticks.wrapping_sub(self.last_ticks));
        self.last_ticks = ticks;
        self.packets += 1;
    }

    pub(super) fn packets(&self) -> u64 {
        self.packets
    }

    pub(super) fn entry_bytes(&self) -> &[u8] {
        &self.bytes
    }
}
