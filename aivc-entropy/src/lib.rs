//! Exact entropy coding for the aivc neural video codec: integers to bytes and back.
//!
//! The crate has three parts, and no floating-point number takes part in decoding:
//!
//! * **Tables** ([`CdfTable`], [`TableSet`], [`gaussian`]): probabilities as integers that sum to
//!   65536, one escape bin each, so that every `i32` can be coded. They are built by arithmetic
//!   that has one result on every platform.
//! * **Symbol streams** ([`SymbolEncoder`], [`SymbolDecoder`]): interleaved rANS in which every
//!   symbol names its own table. A decoder can be asked for symbols in many small batches, with
//!   tables that depend on what was decoded before.
//! * **The `.aivc` container** ([`ContainerWriter`], [`ContainerReader`]): a stream header, packets
//!   with checksums, and an index; written and read in order with constant memory, and readable
//!   after damage.
//!
//! Both byte formats are specified in `docs/format.md`.
//!
//! ```
//! use aivc_entropy::{SymbolDecoder, SymbolEncoder, gaussian};
//!
//! let tables = gaussian::gaussian_tables();
//! let indices = [10, 20, 30, 40];
//! let values = [0, -1, 3, 100_000];
//!
//! let mut encoder = SymbolEncoder::new();
//! encoder.encode(&tables, &indices, &values)?;
//! let bytes = encoder.finish();
//!
//! let mut decoded = [0; 4];
//! let mut decoder = SymbolDecoder::new(&bytes)?;
//! decoder.decode(&tables, &indices, &mut decoded)?;
//! decoder.finish()?;
//! assert_eq!(decoded, values);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod container;
pub mod gaussian;
mod normal;
mod rans;
mod table;

pub use container::{
    ColorRange, ContainerError, ContainerIndex, ContainerReader, ContainerWriter, DamageReason,
    FORMAT_VERSION, Family, FrameType, HeaderError, IndexEntry, IndexStatus, Limits, MAX_DIMENSION,
    MAX_MODEL_NAME_BYTES, MAX_PIXELS, MAX_QUALITY, Packet, PixelFormat, Profile, Rational,
    StreamHeader,
};
pub use normal::normal_cdf;
pub use rans::{
    CodingFigures, DecodeError, EncodeError, LaneChoice, SymbolDecoder, SymbolEncoder,
    measure_coding,
};
pub use table::{
    CdfTable, MAX_SYMBOLS_PER_TABLE, MAX_TABLES, MAX_TOTAL_BINS, PROBABILITY_BITS, TableError,
    TableSet,
};
