use burn::module::AutodiffModule;
use burn::tensor::Tensor;
use burn::tensor::backend::AutodiffBackend;

use super::factorized::{FactorizedCodec, FactorizedConfig, FactorizedNetwork};
use super::hyperprior::{HyperpriorCodec, HyperpriorConfig, HyperpriorNetwork};
use super::vqvae::{CodebookStatistics, VqvaeCodec, VqvaeConfig, VqvaeNetwork};
use super::{PictureCodec, Quantization};
use crate::backend::ModelBackend;
use crate::layers::Quality;
use crate::priors::bits;
use crate::weights::{ConfigError, WeightsError, WeightsFile};

/// What one training step needs of a batch.
#[derive(Debug, Clone)]
pub struct TrainingOutput<B: AutodiffBackend> {
    /// Decoded pictures, of the input's shape.
    pub reconstruction: Tensor<B, 4>,
    /// Estimated bits of each picture, `[batch]`.
    pub bits: Tensor<B, 1>,
    /// What keeps latents near to their codes, of families with codebooks: loss of each picture,
    /// `[batch]`, in units of the mean squared error of values from 0 to 1.
    pub commitment: Option<Tensor<B, 1>>,
    /// What codebooks are to learn from the batch, of families that have them.
    pub codebooks: Vec<CodebookStatistics>,
}

/// A network that the trainer can train, whatever its family.
pub trait TrainableNetwork<B: AutodiffBackend + ModelBackend>: AutodiffModule<B>
where
    B::InnerBackend: ModelBackend,
{
    /// The family's configuration.
    type Config: Clone + Sync;

    /// A fresh network.
    ///
    /// # Errors
    /// [`ConfigError`] if a width is out of range.
    fn init(config: &Self::Config, device: &B::Device) -> Result<Self, ConfigError>;

    /// The trainable network of a weights file of this configuration; none if it has another.
    ///
    /// # Errors
    /// [`WeightsError`] if the file is not one of the family.
    fn load(
        config: &Self::Config,
        file: &WeightsFile,
        device: &B::Device,
    ) -> Result<Option<Self::InnerModule>, WeightsError>;

    /// One pass with noise in place of rounding.
    ///
    /// # Shapes
    /// Pictures `[batch, 3, height, width]` from 0 to 1, one quality each.
    fn forward_training(
        &self,
        config: &Self::Config,
        pictures: Tensor<B, 4>,
        qualities: &[Quality],
    ) -> TrainingOutput<B>;

    /// The network after a step whose batch said this of its codebooks; `turn` counts the steps.
    #[must_use]
    fn with_codebooks_updated(self, _statistics: &[CodebookStatistics], _turn: usize) -> Self {
        self
    }

    /// Effective number of codes in use, a stage; none without codebooks.
    fn perplexities(&self) -> Vec<f64> {
        Vec::new()
    }

    /// The codec that these weights make.
    fn freeze(config: &Self::Config, network: Self::InnerModule) -> PictureCodec<B::InnerBackend>;
}

impl<B> TrainableNetwork<B> for HyperpriorNetwork<B>
where
    B: AutodiffBackend + ModelBackend,
    B::InnerBackend: ModelBackend,
{
    type Config = HyperpriorConfig;

    fn init(config: &Self::Config, device: &B::Device) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(config.init(device))
    }

    fn load(
        config: &Self::Config,
        file: &WeightsFile,
        device: &B::Device,
    ) -> Result<Option<Self::InnerModule>, WeightsError> {
        let codec = HyperpriorCodec::from_weights(file, device)?;
        Ok((codec.config() == config).then(|| codec.network().clone().thaw()))
    }

    fn forward_training(
        &self,
        _config: &Self::Config,
        pictures: Tensor<B, 4>,
        qualities: &[Quality],
    ) -> TrainingOutput<B> {
        let output = self.forward(pictures, qualities, Quantization::Noise);
        TrainingOutput {
            reconstruction: output.reconstruction,
            bits: bits(output.y_likelihoods) + bits(output.z_likelihoods),
            commitment: None,
            codebooks: Vec::new(),
        }
    }

    fn freeze(config: &Self::Config, network: Self::InnerModule) -> PictureCodec<B::InnerBackend> {
        PictureCodec::Hyperprior(HyperpriorCodec::freeze(config.clone(), network))
    }
}

impl<B> TrainableNetwork<B> for FactorizedNetwork<B>
where
    B: AutodiffBackend + ModelBackend,
    B::InnerBackend: ModelBackend,
{
    type Config = FactorizedConfig;

    fn init(config: &Self::Config, device: &B::Device) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(config.init(device))
    }

    fn load(
        config: &Self::Config,
        file: &WeightsFile,
        device: &B::Device,
    ) -> Result<Option<Self::InnerModule>, WeightsError> {
        let codec = FactorizedCodec::from_weights(file, device)?;
        Ok((codec.config() == config).then(|| codec.network().clone()))
    }

    fn forward_training(
        &self,
        _config: &Self::Config,
        pictures: Tensor<B, 4>,
        _qualities: &[Quality],
    ) -> TrainingOutput<B> {
        let output = self.forward(pictures, Quantization::Noise);
        TrainingOutput {
            reconstruction: output.reconstruction,
            bits: bits(output.y_likelihoods),
            commitment: None,
            codebooks: Vec::new(),
        }
    }

    fn freeze(config: &Self::Config, network: Self::InnerModule) -> PictureCodec<B::InnerBackend> {
        PictureCodec::Factorized(FactorizedCodec::freeze(config.clone(), network))
    }
}

impl<B> TrainableNetwork<B> for VqvaeNetwork<B>
where
    B: AutodiffBackend + ModelBackend,
    B::InnerBackend: ModelBackend,
{
    type Config = VqvaeConfig;

    fn init(config: &Self::Config, device: &B::Device) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(config.init(device))
    }

    fn load(
        config: &Self::Config,
        file: &WeightsFile,
        device: &B::Device,
    ) -> Result<Option<Self::InnerModule>, WeightsError> {
        let codec = VqvaeCodec::from_weights(file, device)?;
        Ok((codec.config() == config).then(|| codec.network().clone()))
    }

    fn forward_training(
        &self,
        config: &Self::Config,
        pictures: Tensor<B, 4>,
        qualities: &[Quality],
    ) -> TrainingOutput<B> {
        let output = self.forward(config, pictures, qualities);
        TrainingOutput {
            reconstruction: output.reconstruction,
            bits: output.bits,
            commitment: Some(output.commitment),
            codebooks: output.statistics,
        }
    }

    fn with_codebooks_updated(self, statistics: &[CodebookStatistics], turn: usize) -> Self {
        self.with_codebooks_updated(statistics, turn)
    }

    fn perplexities(&self) -> Vec<f64> {
        self.perplexities()
    }

    fn freeze(config: &Self::Config, network: Self::InnerModule) -> PictureCodec<B::InnerBackend> {
        PictureCodec::Vqvae(VqvaeCodec::freeze(config.clone(), network))
    }
}

impl<B: ModelBackend> PictureCodec<B> {
    /// The weights file of this codec.
    pub fn to_weights(&self, name: &str) -> WeightsFile {
        match self {
            Self::Factorized(codec) => codec.to_weights(name),
            Self::Hyperprior(codec) => codec.to_weights(name),
            Self::Vqvae(codec) => codec.to_weights(name),
        }
    }
}
