//! Models ready to code frames, on a backend chosen at run time.

mod backend;
mod builtin;
mod description;
mod error;
mod find_weights;
mod frame_codec;
mod frame_refinement;
mod group_codec;
mod hybrid_codec;
mod hybrid_frames;
mod loaded;
mod pruning;
mod refiner;
mod rgb_tensors;

pub use aivc_entropy::Family;
pub use aivc_models::pruning::{PruningError, Widths};
pub use aivc_models::weights::{ExactLayerBound, WeightsError, WeightsFile, WeightsHash};
pub use backend::Backend;
pub use builtin::{BUILTIN_MODELS, BUILTIN_REFINEMENTS, BuiltinModel};
pub use description::ModelDescription;
pub use error::ModelError;
pub use find_weights::{FoundWeights, find_weights};
pub use frame_codec::{
    CodedFrame, CodingOptions, DecodedFrame, FrameCodec, PictureFrameCodec, Reference,
};
pub(crate) use frame_refinement::NetworkRefinement;
pub use frame_refinement::{FrameRefinement, ShownSize};
pub use group_codec::{CodedGroup, GroupCodec, GroupFrameCodec};
pub use hybrid_codec::HybridFrameCodec;
pub(crate) use hybrid_frames::{from_yuv420_picture, to_yuv420_picture};
pub use loaded::Model;
pub use pruning::{PruneError, PruneTarget, prune};
pub use refiner::{PLAIN_REFINEMENT, Refiner};
pub(crate) use rgb_tensors::{clip_tensor, rgb_frame};
