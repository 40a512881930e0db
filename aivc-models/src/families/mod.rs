//! Codec families. None imports another; they share through [`crate::layers`] and
//! [`crate::priors`].

pub mod factorized;
pub mod hybrid;
pub mod hyperprior;
pub mod hyperprior3d;

mod effort;
mod error;
mod hyper_synthesis;
mod picture_codec;
mod rate_aware;
pub(crate) mod symbols;
mod trainable;
pub mod vqvae;

pub use effort::{EFFORT_LEVELS, Effort, EffortError};
pub use error::CodecError;
pub use hyper_synthesis::{EntropyParameters, HyperSynthesis};
pub use picture_codec::{Latents, PictureCodec};
pub use rate_aware::Rounding;
use serde::{Deserialize, Serialize};
pub use trainable::{TrainableNetwork, TrainingOutput};

/// How latents become whole numbers in a network's forward pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Quantization {
    /// Uniform noise stands for rounding in the rate: for training. Smooth, but too wide for latents
    /// that are nearly always zero.
    #[default]
    #[serde(rename = "noisy")]
    Noise,
    /// Real rounding: the likelihoods are those of what a stream would hold.
    #[serde(rename = "rounded")]
    Round,
}

/// Height and width of a picture in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureSize {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}
