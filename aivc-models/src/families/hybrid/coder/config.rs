use burn::config::Config;
use burn::tensor::backend::Backend;

use crate::families::hybrid::correction::{CorrectionForm, CorrectionNetwork};
use crate::families::hybrid::formats::{CORRECTION, FEATURE};
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

    /// The network behind the fixed inverse transform, which sees the detail coefficients of what was decoded so
    /// far. None of inter frames: in a long loop what smooths one frame for the good of its error blurs all that
    /// follow (`docs/decisions/0005-hybrid-codec.md`).
    fn refinement(&self) -> Option<CorrectionForm> {
        (!self.predicts).then_some(CorrectionForm {
            inputs: DETAIL_CHANNELS + 1,
            hidden: self.hidden,
            blocks: self.blocks,
            input: FEATURE,
            output: CORRECTION,
        })
    }

    pub(super) fn init_refinement<B: Backend>(
        &self,
        device: &B::Device,
    ) -> Option<CorrectionNetwork<B>> {
        self.refinement().map(|form| form.init(device))
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
        let refinement = self
            .refinement()
            .map_or(0.0, |refinement| refinement.macs_per_pixel());
        self.hyper_synthesis_macs() + macroblock as f64 / 256.0 + refinement
    }

    /// Multiplications a pixel that encoding costs, without the fixed transforms and the search for
    /// motion: the same, analysis and hyper-analysis.
    pub fn encoder_macs_per_pixel(&self) -> f64 {
        let context = if self.predicts { self.context } else { 0 };
        let hyper_analysis = 9.0 * ((2 * LATENT_CHANNELS + 1 + context) * self.hyper) as f64
            / 256.0
            + (25 * self.hyper * self.hyper) as f64 / 1024.0
            + (25 * self.hyper * self.hyper) as f64 / 4096.0;
        self.decoder_macs_per_pixel() + hyper_analysis + self.analysis_macs() as f64 / 64.0
    }

    fn hyper_synthesis_macs(&self) -> f64 {
        let first = 9 * (self.hyper + 1) * 4 * self.hyper;
        let second = 9 * self.hyper * 4 * self.hyper;
        first as f64 / 4096.0 + second as f64 / 1024.0
    }

    fn analysis_macs(&self) -> usize {
        let block = 10 * self.hidden * self.hidden;
        self.detail_inputs() * self.hidden + self.blocks * block + self.hidden * LATENT_CHANNELS
    }
}
