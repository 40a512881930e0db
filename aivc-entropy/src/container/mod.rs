//! The `.aivc` container: a stream header, packets, an index. See `docs/format.md`.

mod error;
mod fields;
mod header;
mod index;
mod index_reading;
mod limits;
mod packet;
mod reader;
mod resync;
mod seek;
mod source;
mod varint;
mod writer;

pub use error::{ContainerError, DamageReason, HeaderError};
pub use fields::{ColorRange, Family, PixelFormat, Profile, Rational};
pub use header::StreamHeader;
pub use index::{ContainerIndex, IndexEntry, IndexStatus};
pub use limits::{Limits, MAX_DIMENSION, MAX_MODEL_NAME_BYTES, MAX_PIXELS, MAX_QUALITY};
pub use packet::{FrameType, Packet};
pub use reader::ContainerReader;
pub use writer::ContainerWriter;

/// Version of the format that this library writes, and the newest that it reads.
pub const FORMAT_VERSION: u16 = 1;
