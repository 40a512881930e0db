//! Weights files: safetensors with the configuration, the tables, a format version and a content
//! hash, all of it checked when a file is read.
//!
//! Tensors of exact layers are integers: `<layer>.weight` (I8), `<layer>.exponents` (I8) and
//! `<layer>.bias` (I32); see [`crate::layers::DyadicWeights`]. All other weights are F16 in version 1. In version 2, weights of
//! float layers with four dimensions or more are `<name>` (I8) and `<name>.scales` (F32,
//! `[channels_out, groups]`), a scale for 64 weights of an output channel in their order, the last group being what is
//! left: a value is integer times scale, rounded to F16. Tables
//! are bytes (U8) in the form of [`aivc_entropy::TableSet::to_bytes`]. The metadata entry `aivc`
//! is a JSON object: `format_version`, `family`, `name`, `config`, and `hash`, the BLAKE3 of all
//! that is said in `hash.rs`.

mod bound;
mod error;
mod file;
mod hash;
mod int8;
mod parameters;
mod reach;
mod selection;

pub use bound::ExactLayerBound;
pub use error::{ConfigError, WeightsError};
pub use file::{WEIGHTS_FORMAT_VERSION, WeightsFile};
pub use hash::WeightsHash;

pub(crate) use error::check_width;
pub(crate) use parameters::round_to_half;
pub(crate) use reach::check_reach;
