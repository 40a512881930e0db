//! Learned codecs for pictures and video, generic over burn's backends.
//!
//! Tensors become integers here and integers tensors; how integers become bytes is
//! `aivc_entropy`'s business, and files and sessions are `aivc_core`'s.
//!
//! * [`layers`]: what networks are built of, among them convolutions that are exact on every
//!   backend;
//! * [`priors`]: probability models, with likelihoods for training and tables for coding;
//! * [`families`]: whole codecs;
//! * [`losses`]: rate and distortion;
//! * [`perceptual`]: LPIPS, with weights from outside;
//! * [`refinement`]: what may be done to decoded pictures before they are shown;
//! * [`pruning`]: smaller models made of larger ones;
//! * [`weights`]: model files.

#![forbid(unsafe_code)]

mod backend;
pub mod families;
pub mod layers;
pub mod losses;
pub mod perceptual;
pub mod priors;
pub mod pruning;
pub mod refinement;
pub mod weights;

pub use backend::{ModelBackend, lower_bound};
