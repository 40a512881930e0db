use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Training of the distributions of a hybrid model's latents on what its own encoder writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistributionsRecipe {
    /// Weights file of the hybrid model: its encoder writes what is learned from, and all else of it stays as
    /// it is.
    pub codec: PathBuf,
    /// Which frames' distributions are learned.
    pub frames: FrameKind,
    /// Videos that are encoded before training begins, each at one quality.
    pub videos: usize,
    /// Frames of each. Of keyframes the first is encoded; of inter frames all are, and numbers 1, 2, 4, 7, 11, 16
    /// and so on are kept.
    pub length: usize,
    /// Keyframes are so many levels better.
    pub key_above: u8,
}

/// The two kinds of frames of the hybrid codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrameKind {
    /// Those that are coded by themselves.
    Key,
    /// Those that are predicted.
    Inter,
}
