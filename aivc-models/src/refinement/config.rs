use burn::config::Config;

use crate::weights::{ConfigError, check_width};

/// Pixels shown to a feature, per dimension.
pub(super) const FEATURE_STEP: usize = 2;
/// Features on each side that a local mean is taken over.
pub(super) const MEAN_REACH: usize = 2;
/// Qualities at which gains are learned; those between two are interpolated.
pub(super) const GAIN_KNOTS: usize = 8;

/// Configuration of a [`RefinementNetwork`](super::RefinementNetwork).
#[derive(Config, Debug, PartialEq, Eq)]
pub struct RefinementConfig {
    /// How many times the decoded picture's size is shown, per dimension: 1 or 2.
    #[config(default = 1)]
    pub scale: usize,
    /// Channels of the features, at half of the resolution shown.
    #[config(default = 48)]
    pub hidden: usize,
    /// Residual blocks.
    #[config(default = 4)]
    pub blocks: usize,
}

impl RefinementConfig {
    /// Checks that widths are within what a weights file may ask for.
    ///
    /// # Errors
    /// [`ConfigError`], with the offending width.
    pub fn validate(&self) -> Result<(), ConfigError> {
        check_width("scale", self.scale, 1, 2)?;
        check_width("hidden", self.hidden, 1, 256)?;
        check_width("blocks", self.blocks, 0, 32)
    }

    /// Multiplications a pixel shown.
    pub fn macs_per_pixel(&self) -> f64 {
        let hidden = self.hidden;
        let head = 9 * self.head_channels() * hidden;
        let blocks = self.blocks * 10 * hidden * hidden;
        let tail = 9 * hidden * self.channels_out();
        (head + blocks + tail) as f64 / (FEATURE_STEP * FEATURE_STEP) as f64
    }

    /// What the first layer sees: detail and mean of each channel, and the quality.
    pub(super) fn head_channels(&self) -> usize {
        2 * 3 * self.unshuffle() * self.unshuffle() + 1
    }

    pub(super) fn channels_out(&self) -> usize {
        3 * FEATURE_STEP * FEATURE_STEP
    }

    /// Pixels of the decoded picture to a feature, per dimension.
    pub(super) fn unshuffle(&self) -> usize {
        FEATURE_STEP / self.scale
    }

    /// How far, in pixels of the decoded picture, a pixel shown can depend on others. Bicubic
    /// enlargement, which reaches two pixels, is no further.
    pub(super) fn reach(&self) -> usize {
        (self.blocks + 2 + MEAN_REACH) * self.unshuffle()
    }
}
