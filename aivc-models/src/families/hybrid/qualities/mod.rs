//! Qualities within a frame: each macroblock may be some levels better or worse than the frame. Encoders
//! spend bits where [what follows](super::lookahead) is predicted from; the map costs bits too, so it is
//! told as what changes of the map before, which moves with the picture.

mod choice;
mod coding;
mod map;
mod tables;

pub(super) use choice::choose_map;
pub(super) use coding::{decode_map, encode_map};
pub use map::{MacroblockLevels, OFFSET_LEVELS, OFFSET_LIMIT, QualityMap, REGION};
pub(crate) use map::{Qualities, level_value};
