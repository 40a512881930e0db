use std::path::PathBuf;

use thiserror::Error;

use crate::color::ColorError;
use crate::frame::{FrameError, FrameFormat};
use crate::metrics::MetricError;
use crate::model::ModelError;
use crate::session::{ContainerError, SessionError};
use crate::video::VideoError;

/// Why two videos cannot be compared.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EvaluationError {
    /// Pictures of different sizes.
    #[error(
        "the pictures differ in size: the reference is {reference}, the other video {distorted}"
    )]
    Size {
        /// Format of the reference.
        reference: FrameFormat,
        /// Format of the other video.
        distorted: FrameFormat,
    },
    /// The reference has fewer frames than the other video.
    #[error(
        "the reference ends after {frames} frames and the other video goes on; \
         compare only these with --frames {frames}"
    )]
    ReferenceShorter {
        /// Frames of the reference.
        frames: u64,
    },
    /// The other video has fewer frames than the reference.
    #[error(
        "the video ends after {frames} frames and the reference goes on; \
         compare only these with --frames {frames}"
    )]
    DistortedShorter {
        /// Frames of the other video.
        frames: u64,
    },
    /// No frame at all.
    #[error("there is no frame to compare")]
    Empty,
    /// A stream that is damaged has no meaningful rate.
    #[error("the stream is damaged; decode it to a video file to compare what is left ({source})")]
    Damaged {
        /// What is wrong, naming the packet.
        source: SessionError,
    },
    /// The stream was cut off after a packet.
    #[error(
        "the stream has no valid index at its end, so it was cut off; decode it to a video file to compare what is left"
    )]
    Incomplete,
    /// The stream cannot be decoded.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The container cannot be read.
    #[error(transparent)]
    Container(#[from] ContainerError),
    /// A video cannot be read.
    #[error(transparent)]
    Video(#[from] VideoError),
    /// A frame cannot be converted to the reference's format.
    #[error(transparent)]
    Color(#[from] ColorError),
    /// A frame cannot be converted to the reference's bit depth.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// Frames that cannot be compared.
    #[error(transparent)]
    Metric(#[from] MetricError),
    /// There is nothing to compare models on.
    #[error("{}: no PNG or JPEG picture found there", folder.display())]
    NoPictures {
        /// The folder.
        folder: PathBuf,
    },
    /// Weights that cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The observer asked to stop.
    #[error("cancelled after {frames} frames")]
    Cancelled {
        /// Frames compared.
        frames: u64,
    },
}
