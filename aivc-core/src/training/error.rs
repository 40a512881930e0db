use std::io;
use std::path::{Path, PathBuf};

use aivc_models::families::CodecError;
use aivc_models::weights::{ConfigError, WeightsError};
use burn::record::RecorderError;
use thiserror::Error;

use crate::color::ColorError;
use crate::frame::FrameError;
use crate::metrics::{LpipsLoadError, MetricError};
use crate::model::ModelError;
use crate::video::VideoError;

/// Why a training run could not start or go on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrainingError {
    /// A stream of the validation does not decode to what its encoder saw.
    #[error("validation: the decoder sees other samples than the encoder did")]
    Drift,
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The recipe is not valid TOML or has a wrong field.
    #[error("{}: {source}", path.display())]
    Recipe {
        /// The recipe.
        path: PathBuf,
        /// What is wrong.
        source: Box<toml::de::Error>,
    },
    /// A field of the recipe is out of range.
    #[error("recipe: {name} is {value}; it must be {limit}")]
    Field {
        /// The field.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed.
        limit: &'static str,
    },
    /// The model's name is not one that a file and a stream header can have.
    #[error(
        "recipe: name is `{name}`; it must be 1 to 64 bytes long, without slashes and control characters"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// A width of the model is out of range.
    #[error("recipe: model: {0}")]
    Config(#[from] ConfigError),
    /// A codec whose pictures a refinement cannot be trained on.
    #[error(
        "recipe: model.codecs: `{name}` codes groups of frames; name codecs of single pictures"
    )]
    NoPictureCodec {
        /// The codec.
        name: String,
    },
    /// A teacher for a family that does not learn from one.
    #[error(
        "recipe: distillation is for the families factorized, hyperprior and vqvae; leave it out"
    )]
    NoDistillation,
    /// A distortion for a family that is not trained for it.
    #[error(
        "recipe: loss.distortion: \"ms-ssim\" is for the families factorized, hyperprior and vqvae, \"mixed\" for these \
         and hybrid; leave it out"
    )]
    Distortion,
    /// There is nothing to train on.
    #[error(
        "{}: no picture of at least {minimum_side}x{minimum_side} pixels found there",
        path.display()
    )]
    NoData {
        /// The source.
        path: PathBuf,
        /// Least side of a picture that crops can be taken from.
        minimum_side: usize,
    },
    /// There are clips, but of a number drawn at random none is long and large enough.
    #[error(
        "{}: of the clips there, next to none has {frames} frames of at least {minimum_side}x{minimum_side} pixels",
        path.display()
    )]
    NoSequence {
        /// The source; the first one, where all are drawn from.
        path: PathBuf,
        /// Frames of a sequence.
        frames: usize,
        /// Least side of a frame that crops can be taken from.
        minimum_side: usize,
    },
    /// A picture could not be decoded.
    #[error("{name}: {source}")]
    Picture {
        /// File or member of a shard.
        name: String,
        /// What is wrong.
        source: image::ImageError,
    },
    /// A clip could not be decoded.
    #[error(transparent)]
    Video(#[from] VideoError),
    /// A decoded frame could not be compared with its original.
    #[error(transparent)]
    Metric(#[from] MetricError),
    /// The weights of a perceptual loss could not be read.
    #[error(transparent)]
    Lpips(#[from] LpipsLoadError),
    /// A crop that no frame can be.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A frame of a clip could not be converted.
    #[error(transparent)]
    Color(#[from] ColorError),
    /// There is a run in the output folder already.
    #[error(
        "{} holds a run; resume it with --resume, or choose another `output`",
        path.display()
    )]
    OutputInUse {
        /// The output folder.
        path: PathBuf,
    },
    /// The weights to start with are of another architecture.
    #[error("{} has other sizes than the recipe's model", path.display())]
    StartSizes {
        /// The weights file.
        path: PathBuf,
    },
    /// There is nothing to resume.
    #[error("{} holds no checkpoint to resume from", path.display())]
    NoCheckpoint {
        /// The output folder.
        path: PathBuf,
    },
    /// The checkpoint belongs to another recipe.
    #[error("the checkpoint in {} was made with another recipe: {field} differs", path.display())]
    OtherRecipe {
        /// The output folder.
        path: PathBuf,
        /// First field that differs.
        field: &'static str,
    },
    /// A checkpoint does not parse.
    #[error("checkpoint {}: {message}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The loss or its gradient left the real numbers and did not come back.
    #[error(
        "{steps} steps in a row, up to step {step}, had a loss or gradient that is not finite, after the run \
         had gone back {rollbacks} times with half the learning rate each; a lower one, or a lower \
         gradient_norm, may help"
    )]
    Diverged {
        /// The last step.
        step: u64,
        /// How many.
        steps: u32,
        /// How often the run had gone back before.
        rollbacks: u32,
    },
    /// Weights that a weights file cannot hold: they are not finite, or beyond 16-bit floats.
    #[error(
        "up to step {step}, weights have grown beyond all bounds, after the run had gone back {rollbacks} \
         times with half the learning rate each; a lower one may help"
    )]
    WeightsOverflow {
        /// The last step.
        step: u64,
        /// How often the run had gone back before.
        rollbacks: u32,
    },
    /// The backend is not part of this build.
    #[error(transparent)]
    Backend(#[from] ModelError),
    /// Weights could not be written.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// A validation picture could not be coded.
    #[error("validation: {0}")]
    Codec(#[from] CodecError),
    /// The plot could not be drawn.
    #[error("plot {}: {message}", path.display())]
    Plot {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        message: String,
    },
}

impl TrainingError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        |source| Self::Io { path, source }
    }

    pub(super) fn checkpoint(path: &Path) -> impl FnOnce(RecorderError) -> Self + use<> {
        let path = path.to_owned();
        move |error| Self::Checkpoint {
            path,
            message: error.to_string(),
        }
    }
}
