//! The entropy coder alone: integers to bytes and back.

mod coders;
mod scales;
mod tables;

pub use coders::{RansDecoder, RansEncoder, rans_decode, rans_encode};
pub use scales::{scale_grid, scale_indices};
pub use tables::Tables;
