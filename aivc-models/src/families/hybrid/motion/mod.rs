//! Motion between frames, in integers: found by a search in the encoder, coded block by block, and
//! compensated with the same samples on every machine.

mod coding;
mod compensation;
mod field;
mod interpolation;
mod plane;
mod scene;
mod search;
mod smoothing;
mod tables;

pub use coding::{decode_field, encode_field};
pub use compensation::{Yuv420Picture, compensate};
pub use field::{BlockSize, Expectation, MOTION_BLOCK, MotionField, MotionVector, VECTOR_LIMIT};
pub use plane::SamplePlane;
pub use scene::is_scene_cut;
pub use search::MotionSearch;
