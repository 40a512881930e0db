//! A bench: codecs × clips × rate points, measured in parallel, kept in a cache, and reported.
//!
//! A [`Suite`] says what is measured; [`run_bench`] measures it; [`BenchResults::write`] leaves JSON,
//! CSV and a web page. Codecs of this library are run in process, conventional ones through an
//! [`Ffmpeg`] program, by commands that are part of the results.
//!
//! ```text
//! Suite ──► plan of cells ──► in the cache? ──yes──────────────────────► results ──► BD-rates ──► report
//!                                  └─no─► encode, decode, compare, VMAF ──┘ (kept in the cache)
//! ```
//!
//! The key of a cell in the cache is a hash of all that its measurement depends on: the clip's bytes,
//! the codec's settings or weights, the versions of the programs. A cell is written when it is
//! complete, so a bench that was killed goes on with what is missing.

mod anchor;
mod anchor_cell;
mod cache;
mod clip;
mod compare;
mod error;
mod memory;
mod model_cell;
mod program;
mod report;
mod results;
mod run;
mod scores;
mod statistics;
mod suite;
mod vmaf;

pub use anchor::{AnchorEncoder, AnchorMode, AnchorSettings, Tuning};
pub use error::{BenchError, SuiteProblem};
pub use program::Ffmpeg;
pub use results::{BenchResults, CellFailure, CellResult, LeftOut};
pub use run::{BenchObserver, BenchOptions, CellName, run_bench};
pub use scores::{FrameScores, Measurement, Scores};
pub use statistics::{BdComparison, BenchMetric, ClipDifference, MeanDifference, WEAK_OVERLAP};
pub use suite::{AnchorEntry, ClipEntry, ModelEntry, Suite};
