//! Training pictures: where they come from, how a batch is drawn, and the threads that do it.

mod clips;
mod dataset;
mod loader;
mod moving;
mod picture;
mod sequence;
mod source;

pub use dataset::{Batch, Dataset};
pub use loader::BatchLoader;
pub(super) use picture::Picture;
pub use sequence::{FrameSamples, SequenceBatch, SequenceDataset};
pub use source::DataSource;
pub(super) use source::{CLIP_EXTENSIONS, files};
