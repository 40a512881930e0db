use std::io::Write;

use super::index::{self, IndexHead, IndexWriter};
use super::{ContainerError, Limits, Packet, StreamHeader, varint};

/// Longest entry of the index.
const MAX_ENTRY_BYTES: u64 = 1 + 2 * varint::MAX_BYTES as u64;

/// Writes an `.aivc` stream, in order and without seeking.
///
/// Memory grows by the index alone: about 4 bytes a packet, 21 at most.
#[derive(Debug)]
pub struct ContainerWriter<W: Write> {
    writer: W,
    limits: Limits,
    offset: u64,
    index: IndexWriter,
}

impl<W: Write> ContainerWriter<W> {
    /// Starts a stream: writes its header.
    ///
    /// # Errors
    /// When a field of the header is out of its range, or writing fails.
    pub fn new(writer: W, header: &StreamHeader) -> Result<Self, ContainerError> {
        Self::with_limits(writer, header, Limits::default())
    }

    /// As [`new`](Self::new), with other limits than the usual.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_limits(
        mut writer: W,
        header: &StreamHeader,
        limits: Limits,
    ) -> Result<Self, ContainerError> {
        let bytes = header.to_bytes()?;
        writer.write_all(&bytes)?;
        Ok(Self {
            writer,
            limits,
            offset: bytes.len() as u64,
            index: IndexWriter::default(),
        })
    }

    /// Appends a packet.
    ///
    /// # Errors
    /// When the packet is out of a limit (nothing is written then), or writing fails (the stream
    /// then ends in a damaged packet).
    pub fn write_packet(&mut self, packet: &Packet) -> Result<(), ContainerError> {
        let (header, checksum) =
            packet
                .frame(&self.limits)
                .map_err(|reason| ContainerError::InvalidPacket {
                    packet: self.index.packets(),
                    reason,
                })?;
        let index_bytes = self.index.entry_bytes().len() as u64 + MAX_ENTRY_BYTES;
        if index_bytes > u64::from(self.limits.index_bytes) {
            let limit = self.limits.index_bytes;
            return Err(ContainerError::IndexTooLong {
                bytes: index_bytes,
                limit,
            });
        }
        self.writer.write_all(&header)?;
        self.writer.write_all(&packet.payload)?;
        self.writer.write_all(&checksum)?;
        let length = (header.len() + packet.payload.len() + checksum.len()) as u64;
        self.index
            .push(packet.frame_type, length, packet.presentation_ticks);
        self.offset += length;
        Ok(())
    }

    /// Bytes written so far.
    pub fn bytes_written(&self) -> u64 {
        self.offset
    }

    /// Packets written so far.
    pub fn packets(&self) -> u64 {
        self.index.packets()
    }

    /// Ends the stream: writes the index, flushes, and returns the writer.
    ///
    /// # Errors
    /// When writing fails.
    pub fn finish(mut self) -> Result<W, ContainerError> {
        let entries = self.index.entry_bytes();
        // `write_packet` keeps the entries below the limit, which is a `u32`.
        let head = IndexHead {
            packets: self.index.packets(),
            entry_bytes: entries.len() as u32,
        };
        self.writer.write_all(&head.to_bytes())?;
        self.writer.write_all(entries)?;
        self.writer
            .write_all(&crc32c::crc32c(entries).to_le_bytes())?;
        self.writer.write_all(&index::trailer(self.offset))?;
        self.writer.flush()?;
        Ok(self.writer)
    }
}
