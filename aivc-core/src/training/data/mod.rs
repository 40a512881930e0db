//! Training pictures: where they come from, how a batch is drawn, and the threads that do it.

mod dataset;
mod loader;
mod picture;
mod source;

pub use dataset::{Batch, Dataset};
pub use loader::BatchLoader;
pub use source::DataSource;
