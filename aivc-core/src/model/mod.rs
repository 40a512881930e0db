//! Models ready to code frames, on a backend chosen at run time.

mod backend;
mod builtin;
mod error;
mod frame_codec;
mod loaded;

pub use backend::Backend;
pub use builtin::{BUILTIN_MODELS, BuiltinModel};
pub use error::ModelError;
pub use frame_codec::{CodedFrame, FrameCodec, PictureFrameCodec};
pub use loaded::Model;
