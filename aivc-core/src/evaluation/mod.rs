//! How good a coded video is, and what it costs: rate, quality and speed in one [`Evaluation`].
//!
//! [`evaluate_stream`] decodes an `.aivc` stream in process; [`evaluate_video`] takes the decoded
//! frames of any other codec. Both compare in the format of the reference, one pair of frames at a
//! time. [`mod@bench`] does so for many clips and codecs, [`compare_models`] for a model before and after a
//! change of its weights.

mod adapt;
pub mod bench;
mod compare_models;
mod comparison;
mod error;
mod evaluate;
mod perceptual;
mod report;
mod run;
mod stream_frames;
mod timing;

pub use compare_models::{ComparedModel, ModelRow, compare_models};
pub use error::EvaluationError;
pub use evaluate::{EvaluationOptions, evaluate_stream, evaluate_video};
pub use perceptual::PerceptualMetrics;
pub use report::{
    ClipFormat, Evaluation, EvaluationNote, FrameEvaluation, PsnrReport, QualityReport, Rate,
    Speed, StageTimes, StreamReport,
};
