//! Training, from a TOML [`Recipe`] to a weights file.
//!
//! The order of samples, crops, qualities and noise of step `n` are a function of the recipe's
//! seed and `n` alone, so a run resumed from a checkpoint goes on as if it had never stopped.

mod averaging;
mod best;
mod checkpoint;
mod clip_task;
mod coded_pictures;
mod data;
mod decoded_frames;
mod distillation;
mod distribution_task;
mod distributions_recipe;
mod error;
mod fitting;
mod frame_task;
mod gradients;
mod guard;
mod log;
mod on_backend;
mod picture_task;
mod pieces;
mod plot;
mod recipe;
mod recording;
mod refinement_recipe;
mod refinement_task;
mod restoration_recipe;
mod restoration_task;
mod same_run;
mod schedule;
mod task;
mod trainer;
mod validation;
mod weights_transfer;
mod written_frames;

/// What [`InterRecipe::rates`] is.
pub use aivc_models::families::Quantization;
/// What [`Recipe::loss`] is made of.
pub use aivc_models::losses::{Distortion, RateDistortionLossConfig};
pub use best::BestWeights;
pub use data::{Batch, DataSource, Dataset};
pub use distillation::DistillationRecipe;
pub use distributions_recipe::{DistributionsRecipe, FrameKind};
pub use error::TrainingError;
pub use log::{LogRecord, read_log};
pub use on_backend::train_on_backend;
pub use plot::plot_log;
pub use recipe::{
    CoderRecipe, DataRecipe, InterRecipe, ModelRecipe, OptimizationRecipe, Recipe, SourceKind,
    SourceRecipe, TransformRecipe, ValidationRecipe,
};
pub use refinement_recipe::{AdversarialRecipe, LpipsRecipe, ObjectiveRecipe, RefinementRecipe};
pub use restoration_recipe::RestorationRecipe;
pub use schedule::LearningRate;
use trainer::write_whole;
pub use trainer::{StartFrom, TrainingEvent, TrainingSummary, train};
pub use validation::{ValidationPoint, validate};
