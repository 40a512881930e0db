//! Interleaved rANS: the byte stream of one packet's symbols.
//!
//! Range variant of asymmetric numeral systems (J. Duda, "Asymmetric numeral systems", 2013; F.
//! Giesen, "Interleaved entropy coders", 2014), with 64-bit states in `[2^31, 2^63)`, 32-bit words
//! and 16-bit probabilities. Raw bits and escape codes do not pass through the coder: they lie at
//! the end of the stream and are read backwards, so that the lanes never get out of step.

mod back_bits;
mod decoder;
mod encoder;
mod error;
mod escape;
mod lanes;
mod meter;

pub use decoder::SymbolDecoder;
pub use encoder::SymbolEncoder;
pub use error::{DecodeError, EncodeError};
pub(crate) use escape::escape_bits;
pub use lanes::LaneChoice;
pub use meter::{CodingFigures, measure_coding};
