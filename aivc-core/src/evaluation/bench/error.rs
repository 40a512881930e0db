use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::evaluation::EvaluationError;
use crate::metrics::LpipsLoadError;
use crate::model::ModelError;
use crate::session::SessionError;
use crate::video::VideoError;

/// Why a bench cannot run, or one of its cells not be measured.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BenchError {
    /// A file that cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A suite that is no TOML, or has fields of other names and types.
    #[error("{path}: {source}")]
    Toml {
        /// The suite.
        path: PathBuf,
        /// The cause.
        source: Box<toml::de::Error>,
    },
    /// A suite that contradicts itself.
    #[error("{path}: {problem}")]
    Suite {
        /// The suite.
        path: PathBuf,
        /// What is wrong with it.
        problem: SuiteProblem,
    },
    /// Weights that cannot be used.
    #[error("model `{name}`: {source}")]
    Model {
        /// The model as the suite names it.
        name: String,
        /// The cause.
        source: ModelError,
    },
    /// LPIPS weights that cannot be used.
    #[error("LPIPS: {0}")]
    Lpips(#[from] LpipsLoadError),
    /// A clip that cannot be read.
    #[error(transparent)]
    Video(#[from] VideoError),
    /// Frames that cannot be coded.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Frames that cannot be compared.
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    /// A program that could not be started.
    #[error("{program} cannot be started: {source}")]
    Program {
        /// The program.
        program: String,
        /// The cause.
        source: io::Error,
    },
    /// A program that failed.
    #[error("`{command}` failed ({status}): {message}")]
    Command {
        /// The exact command.
        command: String,
        /// Its exit status.
        status: String,
        /// The end of what it wrote to standard error.
        message: String,
    },
    /// A VMAF log that has no score for every frame.
    #[error("VMAF wrote {scores} scores for {frames} frames")]
    Vmaf {
        /// Scores in the log.
        scores: usize,
        /// Frames compared.
        frames: usize,
    },
    /// The observer asked to stop. What was measured is in the cache.
    #[error("cancelled; run it again to go on from here")]
    Cancelled,
}

impl BenchError {
    /// A function for `map_err` that adds the path to an [`io::Error`].
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}

/// How a suite contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SuiteProblem {
    /// Nothing to measure.
    #[error("there is no {kind} in the suite")]
    Missing {
        /// Clips or codecs.
        kind: &'static str,
    },
    /// A name that cannot be part of a file's name.
    #[error(
        "the name `{name}` is not made of letters, digits, `.`, `_` and `-`, beginning with a letter or digit"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// Two clips or two codecs of one name.
    #[error("the name `{name}` is given twice")]
    Twice {
        /// The name.
        name: String,
    },
    /// A codec without rate points, or with one of them twice.
    #[error("`{codec}` needs one rate point or more, each once")]
    Qualities {
        /// The codec.
        codec: String,
    },
    /// A quality level that models do not have.
    #[error("`{codec}` has quality {quality}; models have 0 to 63")]
    Quality {
        /// The codec.
        codec: String,
        /// The level.
        quality: u32,
    },
    /// A codec of the name that BD-rates are to be taken against is not there.
    #[error("the reference `{name}` is no codec of this suite")]
    Reference {
        /// The name.
        name: String,
    },
    /// A limit of no frames.
    #[error("`frames` is 0; leave it out for whole clips")]
    Frames,
    /// `perceptual_every` of 0.
    #[error("`perceptual_every` is 0; use 1 for every frame, or `ssimulacra2 = false` for none")]
    PerceptualEvery,
    /// Low delay of an encoder for pictures, or a tuning that an encoder has not.
    #[error("`{codec}`: {encoder} has no such mode or tuning")]
    Setting {
        /// The codec.
        codec: String,
        /// Its encoder.
        encoder: String,
    },
}
