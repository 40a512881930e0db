use burn::module::AutodiffModule;
use burn::tensor::Tensor;
use burn::tensor::backend::AutodiffBackend;

use super::factorized::{FactorizedCodec, FactorizedConfig, FactorizedNetwork};
use super::hyperprior::{HyperpriorCodec, HyperpriorConfig, HyperpriorNetwork};
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
    fn forward_training(&self, pictures: Tensor<B, 4>, qualities: &[Quality]) -> TrainingOutput<B>;

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

    fn forward_training(&self, pictures: Tensor<B, 4>, qualities: &[Quality]) -> TrainingOutput<B> {
        let output = self.forward(pictures, qualities, Quantization::Noise);
        TrainingOutput {
            reconstruction: output.reconstruction,
            bits: bits(output.y_likelihoods) + bits(output.z_likelihoods),
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
        pictures: Tensor<B, 4>,
        _qualities: &[Quality],
    ) -> TrainingOutput<B> {
        let output = self.forward(pictures, Quantization::Noise);
        TrainingOutput {
            reconstruction: output.reconstruction,
            bits: bits(output.y_likelihoods),
        }
    }

    fn freeze(config: &Self::Config, network: Self::InnerModule) -> PictureCodec<B::InnerBackend> {
        PictureCodec::Factorized(FactorizedCodec::freeze(config.clone(), network))
    }
}

impl<B: ModelBackend> PictureCodec<B> {
    /// The weights file of this codec.
    pub fn to_weights(&self, name: &str) -> WeightsFile {
        match self {
            Self::Factorized(codec) => codec.to_weights(name),
            Self::Hyperprior(codec) => codec.to_weights(name),
        }
    }
}
