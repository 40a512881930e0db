use aivc_entropy::ContainerError;
use aivc_models::families::EffortError;
use aivc_models::layers::QualityError;
use thiserror::Error;

use crate::color::ColorError;
use crate::frame::{FrameError, FrameFormat};
use crate::metrics::MetricError;
use crate::model::ModelError;
use crate::video::VideoError;

/// Why a session cannot start or go on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SessionError {
    /// A keyframe interval of zero.
    #[error("keyframe interval is 0; it is at least 1")]
    KeyframeInterval,
    /// A bitrate or PSNR that cannot be asked for.
    #[error("the target is {value}; a bitrate or PSNR is finite and above 0")]
    Target {
        /// The value.
        value: f64,
    },
    /// A decoded frame could not be measured.
    #[error(transparent)]
    Metric(#[from] MetricError),
    /// A quality out of range.
    #[error(transparent)]
    Quality(#[from] QualityError),
    /// An effort out of range.
    #[error(transparent)]
    Effort(#[from] EffortError),
    /// A frame of another format than the stream.
    #[error("frame {number} is {actual}, the stream is {expected}")]
    FrameFormat {
        /// Number of the frame.
        number: u64,
        /// Its format.
        actual: FrameFormat,
        /// The stream's.
        expected: FrameFormat,
    },
    /// The last packet or frame has not been taken yet.
    #[error("the output of the last call has not been received yet")]
    OutputPending,
    /// Input after the end was declared.
    #[error("the session is finished; it takes no more input")]
    Finished,
    /// An inter frame whose reference is lost.
    #[error("packet {packet} is an inter frame, but a frame it depends on was lost")]
    ReferenceLost {
        /// Number of the packet.
        packet: u64,
    },
    /// A packet that does not decode.
    #[error("packet {packet}: {source}")]
    Packet {
        /// Number of the packet.
        packet: u64,
        /// What is wrong with it.
        source: ModelError,
    },
    /// The stream asks for something that this version does not do.
    #[error("the stream's {field} is {value}, which this version does not decode")]
    Unsupported {
        /// Field of the stream header.
        field: &'static str,
        /// Its value.
        value: String,
    },
    /// The model cannot code, or is the wrong one.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The container is damaged or cannot be written.
    #[error(transparent)]
    Container(#[from] ContainerError),
    /// The video cannot be read or written.
    #[error(transparent)]
    Video(#[from] VideoError),
    /// A size or depth out of range.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A frame could not be converted.
    #[error(transparent)]
    Color(#[from] ColorError),
    /// The observer asked to stop.
    #[error("cancelled after {frames} frames")]
    Cancelled {
        /// Frames done.
        frames: u64,
    },
}
