use burn::config::Config;
use burn::tensor::backend::Backend;

use super::hyper_transform::{init_hyper_analysis, init_hyper_synthesis};
use super::network::HyperpriorNetwork;
use crate::layers::{GdnTransformConfig, QualityGainConfig};
use crate::priors::FactorizedPriorConfig;
use crate::weights::{ConfigError, check_width};

/// Configuration of a hyperprior model.
#[derive(Config, Debug, PartialEq, Eq)]
pub struct HyperpriorConfig {
    /// Widths of analysis and synthesis.
    #[config(default = "GdnTransformConfig::new()")]
    pub transform: GdnTransformConfig,
    /// Channels of the hyper-latent z.
    #[config(default = 64)]
    pub hyper: usize,
}

impl HyperpriorConfig {
    /// Pictures are padded to a multiple of this: the hyper-latent is at 1/64.
    pub const MULTIPLE: usize = 64;

    /// The trainable network.
    pub fn init<B: Backend>(&self, device: &B::Device) -> HyperpriorNetwork<B> {
        let units = self.transform.latent_units();
        let gain = QualityGainConfig::new(self.transform.latent);
        HyperpriorNetwork {
            analysis: self.transform.init_analysis(device),
            synthesis: self.transform.init_synthesis(device),
            hyper_analysis: init_hyper_analysis(self.transform.latent, self.hyper, device),
            hyper_synthesis: init_hyper_synthesis(self.transform.latent, self.hyper, device),
            gain: gain.init(&units, device),
            hyper_prior: FactorizedPriorConfig::new(self.hyper).init(device),
        }
    }

    /// Checks that widths are within what a weights file may ask for.
    ///
    /// # Errors
    /// [`ConfigError`], with the offending width.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.transform.validate()?;
        check_width("hyper", self.hyper, 1, 512)
    }

    /// Multiplications a pixel that decoding costs: hyper-synthesis and synthesis.
    pub fn decoder_macs_per_pixel(&self) -> f64 {
        let (latent, hyper) = (self.transform.latent, self.hyper);
        let first = 9 * (hyper + 1) * 4 * hyper;
        let second = 9 * hyper * 4 * hyper;
        let heads = 9 * hyper * 2 * latent;
        self.transform.macs_per_pixel()
            + first as f64 / 4096.0
            + second as f64 / 1024.0
            + heads as f64 / 256.0
    }

    /// Multiplications a pixel that encoding costs: everything but the synthesis.
    pub fn encoder_macs_per_pixel(&self) -> f64 {
        let (latent, hyper) = (self.transform.latent, self.hyper);
        let hyper_analysis = (9 * 2 * latent * hyper) as f64 / 256.0
            + (25 * hyper * hyper) as f64 / 1024.0
            + (25 * hyper * hyper) as f64 / 4096.0;
        self.decoder_macs_per_pixel() + hyper_analysis
    }
}
