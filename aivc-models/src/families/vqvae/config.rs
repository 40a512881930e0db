use burn::config::Config;
use burn::tensor::backend::Backend;

use super::network::VqvaeNetwork;
use super::quantizer::ResidualQuantizer;
use crate::layers::{GdnTransformConfig, QUALITY_LEVELS, Quality};
use crate::weights::{ConfigError, check_width};

/// Quantization steps in a unit of an orthonormal transform of pixels, before training: the unit in
/// which codes are chosen.
pub(super) const LATENT_GAIN: f64 = 4.7;

/// Configuration of a vector-quantized autoencoder.
#[derive(Config, Debug, PartialEq, Eq)]
pub struct VqvaeConfig {
    /// Widths of analysis and synthesis.
    #[config(default = "GdnTransformConfig::new()")]
    pub transform: GdnTransformConfig,
    /// Stages of residual quantization.
    #[config(default = 4)]
    pub stages: usize,
    /// Codes of a codebook.
    #[config(default = 256)]
    pub codes: usize,
}

impl VqvaeConfig {
    /// The trainable network.
    pub fn init<B: Backend>(&self, device: &B::Device) -> VqvaeNetwork<B> {
        let units = self.transform.latent_units();
        let up: Vec<f32> = units
            .iter()
            .map(|unit| (unit * LATENT_GAIN) as f32)
            .collect();
        let down: Vec<f32> = up.iter().map(|step| 1.0 / step).collect();
        let analysis = self.transform.init_analysis(device);
        let synthesis = self.transform.init_synthesis(device);
        let quantizer =
            |dimensions| ResidualQuantizer::init(self.stages, self.codes, dimensions, device);
        VqvaeNetwork {
            analysis: analysis.with_latent_scaled(&up),
            synthesis: synthesis.with_latent_scaled(&down),
            quantizers: self.splits().into_iter().map(quantizer).collect(),
        }
    }

    /// Channels of each vector: the strongest alone, the others in ever longer vectors, of two each
    /// of 1, 1, 2, 4, 8, 16 and then all of 32.
    pub fn splits(&self) -> Vec<usize> {
        let mut left = self.transform.latent;
        let lengths = [1, 1, 1, 1, 2, 2, 4, 4, 8, 8, 16, 16];
        let lengths = lengths.into_iter().chain(std::iter::repeat(32));
        let mut splits = Vec::new();
        for length in lengths {
            if left == 0 {
                break;
            }
            splits.push(length.min(left));
            left -= length.min(left);
        }
        splits
    }

    /// Stages that a quality has: the 64 levels in as many equal parts as there are stages. With
    /// four, levels 0 to 15 have one stage, 16 to 31 two, 32 to 47 three and 48 to 63 four.
    pub fn stages_of(&self, quality: Quality) -> usize {
        1 + usize::from(quality.level()) * self.stages / usize::from(QUALITY_LEVELS)
    }

    /// Checks that widths are within what a weights file may ask for.
    ///
    /// # Errors
    /// [`ConfigError`], with the offending width.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.transform.validate()?;
        check_width("stages", self.stages, 1, 8)?;
        check_width("codes", self.codes, 2, 4096)
    }

    /// Multiplications a pixel that encoding costs: analysis, and a distance to every code.
    pub fn encoder_macs_per_pixel(&self) -> f64 {
        let distances = self.stages * self.codes * self.transform.latent;
        self.transform.macs_per_pixel() + distances as f64 / 256.0
    }
}
