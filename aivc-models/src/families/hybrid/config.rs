use burn::config::Config;
use burn::module::Module;
use burn::tensor::backend::Backend;

use super::coder::{FrameCoder, FrameCoderConfig};
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
}

/// The networks of a hybrid model.
#[derive(Module, Debug)]
pub struct HybridNetwork<B: Backend> {
    /// The coder of keyframes.
    pub key: FrameCoder<B>,
    /// The coder of inter frames.
    pub inter: Option<FrameCoder<B>>,
}

impl HybridConfig {
    /// The trainable networks.
    pub fn init<B: Backend>(&self, device: &B::Device) -> HybridNetwork<B> {
        HybridNetwork {
            key: self.key.init(device),
            inter: self.inter.as_ref().map(|inter| inter.init(device)),
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
        Ok(())
    }

    /// Multiplications a pixel that decoding an inter frame costs (a keyframe, of a model without),
    /// without the fixed transforms and the interpolation.
    pub fn decoder_macs_per_pixel(&self) -> f64 {
        self.inter
            .as_ref()
            .unwrap_or(&self.key)
            .decoder_macs_per_pixel()
    }

    /// Multiplications a pixel that encoding costs, likewise, and without the search for motion.
    pub fn encoder_macs_per_pixel(&self) -> f64 {
        self.inter
            .as_ref()
            .unwrap_or(&self.key)
            .encoder_macs_per_pixel()
    }
}
