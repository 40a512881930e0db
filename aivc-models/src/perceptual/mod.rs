//! Distances between pictures as people see them, by networks whose weights the user brings.

mod error;
mod lpips;

pub use error::LpipsError;
pub use lpips::{LPIPS_MIN_SIDE, Lpips};
