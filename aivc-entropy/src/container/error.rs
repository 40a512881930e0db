use std::io;

use thiserror::Error;

use super::{
    FORMAT_VERSION, MAX_DIMENSION, MAX_MODEL_NAME_BYTES, MAX_PIXELS, MAX_QUALITY, Rational,
};

/// Why a stream header cannot be written or read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// Not an `.aivc` stream at all.
    #[error("not an .aivc stream: it starts with {found:02x?}")]
    Magic {
        /// The first bytes.
        found: [u8; 8],
    },
    /// A stream of a later version.
    #[error(
        "the stream has format version {found}; this library reads versions 1 to {}",
        FORMAT_VERSION
    )]
    Version {
        /// Version of the stream.
        found: u16,
    },
    /// A profile that this version does not know.
    #[error("the stream has the unknown profile {found}; this library knows profiles 0 and 1")]
    Profile {
        /// Its code.
        found: u8,
    },
    /// The stream ends within its header.
    #[error("the stream ends within its header: {needed} bytes are needed, {available} are there")]
    Truncated {
        /// Bytes needed so far.
        needed: usize,
        /// Bytes there are.
        available: usize,
    },
    /// The header's length is not that of its fields.
    #[error("the header says that it has {found} bytes; its fields take {expected}")]
    Length {
        /// Length in the header.
        found: usize,
        /// Length of the fields.
        expected: usize,
    },
    /// The header is damaged.
    #[error("the header's checksum is {found:#010x}, its bytes give {computed:#010x}")]
    Checksum {
        /// The checksum stored.
        found: u32,
        /// The checksum computed.
        computed: u32,
    },
    /// A family that cannot be written.
    #[error("codec family {code} is unknown and cannot be written")]
    UnknownFamily {
        /// Its code.
        code: u8,
    },
    /// A pixel format that this version does not know.
    #[error("unknown pixel format {found}; known are 1 (yuv420) and 2 (rgb)")]
    PixelFormat {
        /// Its code.
        found: u8,
    },
    /// A colour range that does not exist.
    #[error("unknown colour range {found}; known are 0 (limited) and 1 (full)")]
    ColorRange {
        /// Its code.
        found: u8,
    },
    /// A bit depth out of range.
    #[error("bit depth {found} is not within 8 to 16")]
    BitDepth {
        /// The bit depth.
        found: u8,
    },
    /// A picture size out of range.
    #[error(
        "the {kind} size {width}x{height} is not within 1 to {MAX_DIMENSION} a side and \
         {MAX_PIXELS} pixels"
    )]
    Size {
        /// "coded" or "display".
        kind: &'static str,
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// The display size goes past the coded one, or is not twice of it in a stream of half size.
    #[error(
        "the display size {display_width}x{display_height} does not fit the coded size {coded_width}x{coded_height}"
    )]
    DisplaySize {
        /// Width to show.
        display_width: u32,
        /// Height to show.
        display_height: u32,
        /// Width coded.
        coded_width: u32,
        /// Height coded.
        coded_height: u32,
    },
    /// A ratio with a zero.
    #[error("the {field} {value} has a zero; both numbers are at least 1")]
    ZeroRational {
        /// "frame rate" or "time base".
        field: &'static str,
        /// The ratio.
        value: Rational,
    },
    /// A model name that is too long.
    #[error("the model name has {bytes} bytes; the limit is {MAX_MODEL_NAME_BYTES}")]
    ModelNameLength {
        /// Its length in bytes.
        bytes: usize,
    },
    /// A model name that is not UTF-8 or has control characters.
    #[error("the model name is not UTF-8 text without control characters")]
    ModelName,
}

/// What is wrong with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DamageReason {
    /// Something else stands where a packet should start.
    #[error("no packet marker there")]
    Marker,
    /// The fields before the payload are damaged.
    #[error("its header is damaged")]
    Header,
    /// Payload and header do not fit the checksum.
    #[error("its checksum is {found:#010x}, its bytes give {computed:#010x}")]
    Checksum {
        /// The checksum stored.
        found: u32,
        /// The checksum computed.
        computed: u32,
    },
    /// The stream ends within the packet.
    #[error("the stream ends within it: {needed} bytes are needed, {available} are there")]
    Truncated {
        /// Bytes of the packet, as far as known.
        needed: u64,
        /// Bytes there are.
        available: u64,
    },
    /// The payload is longer than the reader's limit.
    #[error("its payload has {bytes} bytes; the limit is {limit}")]
    PayloadTooLong {
        /// Its length.
        bytes: u64,
        /// The limit.
        limit: u32,
    },
    /// A frame type of a later version.
    #[error("it has the unknown frame type {code}")]
    FrameType {
        /// Its code.
        code: u8,
    },
    /// A quality index out of range.
    #[error("it has quality {quality}; the limit is {MAX_QUALITY}")]
    Quality {
        /// The quality index.
        quality: u8,
    },
}

/// What goes wrong in writing or reading a container.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ContainerError {
    /// The stream header is not valid.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// Reading or writing failed.
    #[error("input or output failed")]
    Io(#[from] io::Error),
    /// A packet cannot be read. Reading can go on, after the damage.
    #[error("packet {packet} at byte {offset} is damaged: {reason}")]
    DamagedPacket {
        /// Its number, from 0: the packets and the damaged stretches read before it.
        packet: u64,
        /// Where it starts, in bytes from the start of the stream.
        offset: u64,
        /// What is wrong with it.
        reason: DamageReason,
    },
    /// A packet that cannot be written.
    #[error("packet {packet} cannot be written: {reason}")]
    InvalidPacket {
        /// Its number, from 0.
        packet: u64,
        /// What is wrong with it.
        reason: DamageReason,
    },
    /// The index would be longer than its limit.
    #[error("the index has {bytes} bytes; the limit is {limit}")]
    IndexTooLong {
        /// Its length.
        bytes: u64,
        /// The limit.
        limit: u32,
    },
    /// The stream has no index at its end.
    #[error("the stream has no index; it was cut off or is still being written")]
    IndexMissing,
    /// The index cannot be used.
    #[error("the index is damaged")]
    IndexDamaged,
    /// No such packet.
    #[error("there is no packet {packet}; the index lists {packets}")]
    NoSuchPacket {
        /// The number asked for.
        packet: u64,
        /// Packets in the index.
        packets: u64,
    },
    /// No keyframe that early.
    #[error("there is no keyframe at or before tick {ticks}")]
    NoKeyframe {
        /// The time asked for.
        ticks: i64,
    },
}
