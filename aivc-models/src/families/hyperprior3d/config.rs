use burn::config::Config;
use burn::tensor::backend::Backend;

use super::hyper_transform::{init_hyper_analysis, init_hyper_synthesis};
use super::network::{GroupAnalysis, GroupSynthesis, Hyperprior3dNetwork};
use crate::layers::{
    GdnDirection, GdnResidualBlock3d, GdnResidualBlock3dConfig, GdnTransformConfig, QualityGain,
    QualityGainConfig, TemporalDirection, TemporalTransform,
};
use crate::priors::FactorizedPriorConfig;
use crate::weights::{ConfigError, WeightsError, WeightsFile, check_width};

/// Frames that are coded together.
pub const GROUP_FRAMES: usize = 8;

/// Configuration of a spatio-temporal hyperprior model.
#[derive(Config, Debug, PartialEq, Eq)]
pub struct Hyperprior3dConfig {
    /// Widths of the analysis and synthesis of single frames.
    #[config(default = "GdnTransformConfig::new()")]
    pub transform: GdnTransformConfig,
    /// Residual blocks over time, height and width, on each side.
    #[config(default = 1)]
    pub blocks: usize,
    /// Channels inside of them.
    #[config(default = 64)]
    pub hidden: usize,
    /// Channels of the hyper-latent z.
    #[config(default = 128)]
    pub hyper: usize,
}

impl Hyperprior3dConfig {
    /// Frames are padded to a multiple of this: the hyper-latent is at 1/32.
    pub const MULTIPLE: usize = 32;

    /// Channels of the latent of a group: those of a picture's latent, for each frequency of time.
    pub fn latent(&self) -> usize {
        GROUP_FRAMES * self.transform.latent
    }

    /// The trainable network, from a cosine transform in all three dimensions.
    pub fn init<B: Backend>(&self, device: &B::Device) -> Hyperprior3dNetwork<B> {
        let units = self.transform.latent_units();
        let gain = QualityGainConfig::new(self.transform.latent).init(&units, device);
        Hyperprior3dNetwork {
            analysis: self.transform.init_analysis(device),
            group_analysis: GroupAnalysis {
                blocks: self.init_blocks(GdnDirection::Forward, device),
                time: self.init_time(TemporalDirection::Analysis, device),
            },
            group_synthesis: GroupSynthesis {
                time: self.init_time(TemporalDirection::Synthesis, device),
                blocks: self.init_blocks(GdnDirection::Inverse, device),
            },
            synthesis: self.transform.init_synthesis(device),
            hyper_analysis: init_hyper_analysis(self, device),
            hyper_synthesis: init_hyper_synthesis(self, device),
            gain: gain.repeated(GROUP_FRAMES),
            hyper_prior: FactorizedPriorConfig::new(self.hyper).init(device),
        }
    }

    /// The trainable network with the transforms and gains of single frames from a weights file of
    /// the family `hyperprior`, whose transforms have the same widths.
    ///
    /// # Errors
    /// [`WeightsError`] if the file does not hold them.
    pub fn init_with_pictures<B: Backend>(
        &self,
        pictures: &WeightsFile,
        device: &B::Device,
    ) -> Result<Hyperprior3dNetwork<B>, WeightsError> {
        let mut network = self.init(device);
        network.analysis = pictures.load_part("analysis", network.analysis, device)?;
        network.synthesis = pictures.load_part("synthesis", network.synthesis, device)?;
        let gain: QualityGain<B> = QualityGainConfig::new(self.transform.latent)
            .init(&self.transform.latent_units(), device);
        let gain = pictures.load_part("gain", gain, device)?;
        network.gain = gain.repeated(GROUP_FRAMES);
        Ok(network)
    }

    /// Checks that widths are within what a weights file may ask for.
    ///
    /// # Errors
    /// [`ConfigError`], with the offending width.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.transform.validate()?;
        check_width("blocks", self.blocks, 0, 16)?;
        check_width("hidden", self.hidden, 1, 512)?;
        check_width("hyper", self.hyper, 1, 512)
    }

    /// Multiplications a pixel of a frame that decoding costs.
    pub fn decoder_macs_per_pixel(&self) -> f64 {
        let (latent, hyper) = (self.latent(), self.hyper);
        let first = 9 * (hyper + 1) * 4 * hyper;
        let second = 9 * hyper * hyper;
        let heads = hyper * 2 * latent;
        let frames = GROUP_FRAMES as f64;
        let hyper_synthesis = first as f64 / 1024.0 + (second + heads) as f64 / 256.0;
        self.transform.macs_per_pixel() + self.group_macs_per_pixel() + hyper_synthesis / frames
    }

    /// Multiplications a pixel of a frame that encoding costs: everything but the synthesis.
    pub fn encoder_macs_per_pixel(&self) -> f64 {
        let (latent, hyper) = (self.latent(), self.hyper);
        let hyper_analysis =
            (2 * latent * hyper) as f64 / 256.0 + (25 * hyper * hyper) as f64 / 1024.0;
        self.decoder_macs_per_pixel() + hyper_analysis / GROUP_FRAMES as f64
    }

    /// Of the layers over time, of one side.
    fn group_macs_per_pixel(&self) -> f64 {
        let blocks = self.blocks * self.block(GdnDirection::Forward).macs();
        (blocks + GROUP_FRAMES * self.transform.latent) as f64 / 256.0
    }

    fn init_blocks<B: Backend>(
        &self,
        direction: GdnDirection,
        device: &B::Device,
    ) -> Vec<GdnResidualBlock3d<B>> {
        let block = self.block(direction);
        (0..self.blocks).map(|_| block.init(device)).collect()
    }

    fn block(&self, direction: GdnDirection) -> GdnResidualBlock3dConfig {
        GdnResidualBlock3dConfig::new(self.transform.latent, self.hidden, direction)
    }

    fn init_time<B: Backend>(
        &self,
        direction: TemporalDirection,
        device: &B::Device,
    ) -> TemporalTransform<B> {
        TemporalTransform::init(self.transform.latent, GROUP_FRAMES, direction, device)
    }
}
