use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Training of a hybrid model's restoration on what its own encoder decodes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestorationRecipe {
    /// Weights file of the hybrid model: its encoder makes what is learned from, and all else of it stays as it
    /// is.
    pub codec: PathBuf,
    /// Videos that are encoded before training begins, each at one quality.
    pub videos: usize,
    /// Frames of each, of which numbers 1, 2, 4, 7, 11, 16 and so on are kept.
    pub length: usize,
    /// Keyframes are so many levels better.
    pub key_above: u8,
}
