use burn::config::Config;

use crate::families::hybrid::transform::{DETAIL_CHANNELS, GROUPS, LATENT_CHANNELS, group};
use crate::weights::{ConfigError, check_width};

/// Widths of a [`FrameCoder`](super::FrameCoder).
#[derive(Config, Debug, PartialEq, Eq)]
pub struct FrameCoderConfig {
    /// Whether there is a prediction to go by.
    pub predicts: bool,
    /// Channels inside analysis, and refinement of keyframes.
    #[config(default = 64)]
    pub hidden: usize,
    /// Residual blocks of analysis, and of refinement of keyframes.
    #[config(default = 2)]
    pub blocks: usize,
    /// Channels of the hyper-latent; none of them and there is no hyper-latent.
    #[config(default = 48)]
    pub hyper: usize,
    /// Channels that tell of the prediction and of the latents before.
    #[config(default = 64)]
    pub context: usize,
    /// Channels inside the parameter networks of the groups.
    #[config(default = 96)]
    pub parameters: usize,
}

impl FrameCoderConfig {
    /// Checks that widths are within what a weights file may ask for.
    ///
    /// # Errors
    /// [`ConfigError`], with the offending width.
    pub fn validate(&self) -> Result<(), ConfigError> {
        check_width("hidden", self.hidden, 1, 512)?;
        check_width("blocks", self.blocks, 0, 16)?;
        check_width("hyper", self.hyper, 0, 384)?;
        check_width("context", self.context, 1, 512)?;
        check_width("parameters", self.parameters, 2, 512)
    }

    /// Channels of what is known of a macroblock before its first group: of ẑ, the quality, and the
    /// prediction.
    pub(super) fn known(&self) -> usize {
        self.hyper + 1 + if self.predicts { self.context } else { 0 }
    }

    /// Channels that tell of the groups before.
    pub(super) fn decoded(&self) -> usize {
        self.parameters / 2
    }

    /// What analysis sees at once, as detail coefficients of one or two pictures.
    pub(super) fn detail_inputs(&self) -> usize {
        DETAIL_CHANNELS * if self.predicts { 2 } else { 1 } + 1
    }

    /// Multiplications a pixel that decoding costs, without the fixed transforms.
    pub fn decoder_macs_per_pixel(&self) -> f64 {
        let known = self.known();
        let context = if self.predicts {
            (3 * LATENT_CHANNELS + 1) * self.context + 9 * self.context * self.context
        } else {
            0
        };
        // Log-scales, and means of keyframes.
        let outputs = if self.predicts { 1 } else { 2 };
        let groups: usize = (0..GROUPS)
            .map(|index| {
                let before = group(index).start;
                let decoded = if index == 0 { 0 } else { self.decoded() };
                2 * before * decoded
                    + 9 * (known + decoded) * self.parameters
                    + outputs * self.parameters * group(index).len()
            })
            .sum();
        let coarsest = group(0).len();
        let second_pass = 2 * coarsest * self.decoded()
            + 9 * (known + self.decoded()) * self.parameters
            + outputs * self.parameters * coarsest;
        let macroblock = context + groups + second_pass + known * LATENT_CHANNELS;
        let refinement = if self.predicts {
            0
        } else {
            self.detail_macs(DETAIL_CHANNELS)
        };
        self.hyper_synthesis_macs() + macroblock as f64 / 256.0 + refinement as f64 / 64.0
    }

    /// Multiplications a pixel that encoding costs, without the fixed transforms and the search for
    /// motion: the same, analysis and hyper-analysis.
    pub fn encoder_macs_per_pixel(&self) -> f64 {
        let context = if self.predicts { self.context } else { 0 };
        let hyper_analysis = 9.0 * ((2 * LATENT_CHANNELS + 1 + context) * self.hyper) as f64
            / 256.0
            + (25 * self.hyper * self.hyper) as f64 / 1024.0
            + (25 * self.hyper * self.hyper) as f64 / 4096.0;
        self.decoder_macs_per_pixel()
            + hyper_analysis
            + self.detail_macs(LATENT_CHANNELS) as f64 / 64.0
    }

    fn hyper_synthesis_macs(&self) -> f64 {
        let first = 9 * (self.hyper + 1) * 4 * self.hyper;
        let second = 9 * self.hyper * 4 * self.hyper;
        first as f64 / 4096.0 + second as f64 / 1024.0
    }

    fn detail_macs(&self, out: usize) -> usize {
        let block = 10 * self.hidden * self.hidden;
        self.detail_inputs() * self.hidden + self.blocks * block + self.hidden * out
    }
}
