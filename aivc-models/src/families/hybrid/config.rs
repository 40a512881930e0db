use burn::config::Config;
use burn::module::Module;
use burn::tensor::backend::Backend;

use super::coder::{FrameCoder, FrameCoderConfig};
use super::correction::CorrectionNetwork;
use super::restoration::RestorationConfig;
use crate::weights::ConfigError;

/// Configuration of a hybrid model.
#[derive(Config, Debug, PartialEq, Eq)]
pub struct HybridConfig {
    /// The coder of keyframes.
    #[config(default = "FrameCoderConfig::new(false)")]
    pub key: FrameCoderConfig,
    /// The coder of inter frames; none makes a model that codes each frame by itself.
    #[config(default = "Some(FrameCoderConfig::new(true))")]
    pub inter: Option<FrameCoderConfig>,
    /// What restores inter frames before they are shown; none shows them as they were decoded.
    #[config(default = "None")]
    pub restoration: Option<RestorationConfig>,
}

/// The networks of a hybrid model.
#[derive(Module, Debug)]
pub struct HybridNetwork<B: Backend> {
    /// The coder of keyframes.
    pub key: FrameCoder<B>,
    /// The coder of inter frames.
    pub inter: Option<FrameCoder<B>>,
    /// What restores inter frames before they are shown.
    pub restoration: Option<CorrectionNetwork<B>>,
}

impl HybridConfig {
    /// The trainable networks.
    pub fn init<B: Backend>(&self, device: &B::Device) -> HybridNetwork<B> {
        HybridNetwork {
            key: self.key.init(device),
            inter: self.inter.as_ref().map(|inter| inter.init(device)),
            restoration: self.restoration.as_ref().map(|config| config.init(device)),
        }
    }

    /// Checks that widths are within what a weights file may ask for.
    ///
    /// # Errors
    /// [`ConfigError`], with the offending width.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.key.validate()?;
        let flag = |name, value, expected: usize| {
            crate::weights::check_width(name, usize::from(value), expected, expected)
        };
        flag("key.predicts", self.key.predicts, 0)?;
        if let Some(inter) = &self.inter {
            inter.validate()?;
            flag("inter.predicts", inter.predicts, 1)?;
        }
        if let Some(restoration) = &self.restoration {
            restoration.validate()?;
        }
        Ok(())
    }

    /// Multiplications a pixel that decoding an inter frame costs (a keyframe, of a model without),
    /// without the fixed transforms and the interpolation.
    pub fn decoder_macs_per_pixel(&self) -> f64 {
        let coder = self.inter.as_ref().unwrap_or(&self.key);
        coder.decoder_macs_per_pixel() + self.restoration_macs_per_pixel()
    }

    /// Multiplications a pixel that encoding costs, likewise, and without the search for motion.
    pub fn encoder_macs_per_pixel(&self) -> f64 {
        let coder = self.inter.as_ref().unwrap_or(&self.key);
        coder.encoder_macs_per_pixel() + self.restoration_macs_per_pixel()
    }

    fn restoration_macs_per_pixel(&self) -> f64 {
        let restoration = self.restoration.as_ref();
        restoration.map_or(0.0, RestorationConfig::macs_per_pixel)
    }
}
