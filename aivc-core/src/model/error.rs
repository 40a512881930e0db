use std::io;
use std::path::PathBuf;

use aivc_models::families::CodecError;
use aivc_models::layers::{DeviceError, QualityError};
use aivc_models::weights::{WeightsError, WeightsHash};
use thiserror::Error;

use super::Backend;
use crate::color::ColorError;
use crate::frame::FrameError;

/// Why a model cannot be used, or cannot code a frame.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ModelError {
    /// No backend has this name.
    #[error("unknown backend `{name}`; there are flex, ndarray, cuda, vulkan and wgpu")]
    UnknownBackend {
        /// The name.
        name: String,
    },
    /// The backend is not part of this build.
    #[error("backend `{backend}` is not part of this build; build with `--features {backend}`")]
    BackendMissing {
        /// The backend.
        backend: Backend,
    },
    /// The backend's device fails the check that every stream relies on.
    #[error("backend `{backend}`: {source}; use another backend")]
    Device {
        /// The backend.
        backend: Backend,
        /// What the device got wrong.
        source: DeviceError,
    },
    /// Neither a built-in model nor a file.
    #[error("no model `{name}`: neither built in ({builtin}) nor a weights file")]
    UnknownModel {
        /// What was asked for.
        name: String,
        /// Names of built-in models.
        builtin: String,
    },
    /// The weights that a stream needs are not there.
    #[error(
        "the stream needs the weights of `{name}`, hash {hash}, which are not built in; \
         give their file with --model"
    )]
    WeightsNeeded {
        /// Name in the stream.
        name: String,
        /// Hash in the stream.
        hash: WeightsHash,
    },
    /// The weights given are not those of the stream.
    #[error("the stream was coded with weights {needed}, not with {given}")]
    OtherWeights {
        /// Hash in the stream.
        needed: WeightsHash,
        /// Hash of the weights given.
        given: WeightsHash,
    },
    /// A weights file could not be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// A weights file is refused.
    #[error("weights: {0}")]
    Weights(#[from] WeightsError),
    /// A frame could not be converted for the network.
    #[error(transparent)]
    Color(#[from] ColorError),
    /// A frame could not be coded or decoded.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// A quality that no model has.
    #[error(transparent)]
    Quality(#[from] QualityError),
    /// RGB frames for a model of 4:2:0 video.
    #[error("the model codes 4:2:0 frames; convert with color::to_yuv420 first")]
    NeedsYuv420,
    /// An inter frame without the frame before it.
    #[error("an inter frame without the frame that it is predicted from")]
    NoReference,
    /// An inter packet of a group that names no frame of it.
    #[error("a packet of a group of frames names none of them")]
    GroupPosition,
    /// A decoded frame that no frame format allows.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A refinement that shows another size than the one asked for.
    #[error("`{name}` shows frames at {factor} times their size, not at {wanted} times")]
    RefinementSize {
        /// Its name.
        name: String,
        /// How many times the decoded width and height it shows.
        factor: usize,
        /// What was asked for.
        wanted: usize,
    },
    /// An inter frame for a model that codes each frame by itself.
    #[error("the model codes each frame by itself; an inter frame cannot be decoded with it")]
    InterFrame,
}
