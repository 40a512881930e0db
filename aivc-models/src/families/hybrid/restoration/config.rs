use burn::config::Config;
use burn::tensor::backend::Backend;

use super::INPUTS;
use crate::families::hybrid::correction::{CorrectionForm, CorrectionNetwork};
use crate::families::hybrid::formats::{RESTORATION, RESTORATION_INPUT};
use crate::weights::{ConfigError, check_width};

/// Widths of the network that restores inter frames.
#[derive(Config, Debug, PartialEq, Eq)]
pub struct RestorationConfig {
    /// Channels inside.
    #[config(default = 96)]
    pub hidden: usize,
    /// Residual blocks.
    #[config(default = 2)]
    pub blocks: usize,
}

impl RestorationConfig {
    /// The trainable network.
    pub fn init<B: Backend>(&self, device: &B::Device) -> CorrectionNetwork<B> {
        self.form().init(device)
    }

    /// Checks that widths are within what a weights file may ask for.
    ///
    /// # Errors
    /// [`ConfigError`], with the offending width.
    pub fn validate(&self) -> Result<(), ConfigError> {
        check_width("restoration.hidden", self.hidden, 1, 512)?;
        check_width("restoration.blocks", self.blocks, 0, 16)
    }

    /// Multiplications a pixel that it costs, of decoders and encoders.
    pub fn macs_per_pixel(&self) -> f64 {
        self.form().macs_per_pixel()
    }

    fn form(&self) -> CorrectionForm {
        CorrectionForm {
            inputs: INPUTS,
            hidden: self.hidden,
            blocks: self.blocks,
            input: RESTORATION_INPUT,
            output: RESTORATION,
        }
    }
}
