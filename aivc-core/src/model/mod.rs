//! Models ready to code frames, on a backend chosen at run time.

mod backend;
mod builtin;
mod description;
mod error;
mod frame_codec;
mod group_codec;
mod hybrid_codec;
mod hybrid_frames;
mod loaded;
mod rgb_tensors;

pub use aivc_entropy::Family;
pub use aivc_models::weights::{ExactLayerBound, WeightsError, WeightsFile, WeightsHash};
pub use backend::Backend;
pub use builtin::{BUILTIN_MODELS, BuiltinModel};
pub use description::ModelDescription;
pub use error::ModelError;
pub use frame_codec::{CodedFrame, DecodedFrame, FrameCodec, PictureFrameCodec, Reference};
pub use group_codec::{CodedGroup, GroupCodec, GroupFrameCodec};
pub use hybrid_codec::HybridFrameCodec;
pub(crate) use hybrid_frames::{from_yuv420_picture, to_yuv420_picture};
pub use loaded::Model;
pub(crate) use rgb_tensors::{clip_tensor, rgb_frame};
