use aivc_entropy::{Family, SymbolDecoder, SymbolEncoder};
use burn::tensor::Tensor;

use super::factorized::{FactorizedCodec, FactorizedLatents};
use super::hyperprior::{HyperpriorCodec, HyperpriorLatents};
use super::vqvae::{VqvaeCodec, VqvaeLatents};
use super::{CodecError, Effort, PictureSize, Quantization};
use crate::backend::ModelBackend;
use crate::layers::{DyadicWeightsError, Quality};
use crate::refinement::REFINEMENT_FAMILY;
use crate::weights::{ExactLayerBound, WeightsError, WeightsFile};

/// A frozen model of any family that codes single pictures.
#[derive(Debug, Clone)]
#[non_exhaustive]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one codec a session; it is not kept in numbers"
)]
pub enum PictureCodec<B: ModelBackend> {
    /// Factorized prior, one rate.
    Factorized(FactorizedCodec<B>),
    /// Mean-scale hyperprior, 64 quality levels.
    Hyperprior(HyperpriorCodec<B>),
    /// Vector-quantized autoencoder, a rate for each number of stages.
    Vqvae(VqvaeCodec<B>),
}

/// What the decoder knows of a picture before synthesis.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Latents<B: ModelBackend> {
    /// Of [`PictureCodec::Factorized`].
    Factorized(FactorizedLatents<B>),
    /// Of [`PictureCodec::Hyperprior`].
    Hyperprior(HyperpriorLatents<B>),
    /// Of [`PictureCodec::Vqvae`].
    Vqvae(VqvaeLatents<B>),
}

impl<B: ModelBackend> PictureCodec<B> {
    /// The codec of a weights file.
    ///
    /// # Errors
    /// [`WeightsError`], [`WeightsError::UnknownFamily`] among them.
    pub fn from_weights(file: &WeightsFile, device: &B::Device) -> Result<Self, WeightsError> {
        match file.family() {
            "factorized" => Ok(Self::Factorized(FactorizedCodec::from_weights(
                file, device,
            )?)),
            "hyperprior" => Ok(Self::Hyperprior(HyperpriorCodec::from_weights(
                file, device,
            )?)),
            "vqvae" => Ok(Self::Vqvae(VqvaeCodec::from_weights(file, device)?)),
            REFINEMENT_FAMILY => Err(WeightsError::NoCodec),
            family => Err(WeightsError::UnknownFamily {
                family: family.to_owned(),
            }),
        }
    }

    /// The family as the container writes it.
    pub fn family(&self) -> Family {
        match self {
            Self::Factorized(_) => Family::Factorized,
            Self::Hyperprior(_) => Family::Hyperprior,
            Self::Vqvae(_) => Family::VqVae,
        }
    }

    /// The exact layers with the worst case of their sums; proved when the weights were loaded.
    ///
    /// # Errors
    /// [`DyadicWeightsError`] if a proof fails, which loading excludes.
    pub fn exact_layer_bounds(&self) -> Result<Vec<ExactLayerBound>, DyadicWeightsError> {
        match self {
            Self::Factorized(_) | Self::Vqvae(_) => Ok(Vec::new()),
            Self::Hyperprior(codec) => codec
                .network()
                .exact_layers()
                .map(|(name, layer)| ExactLayerBound::of(name, layer))
                .into_iter()
                .collect(),
        }
    }

    /// Codes one picture; see the families' `compress`.
    ///
    /// # Shapes
    /// `[1, 3, height, width]`, values from 0 to 1.
    ///
    /// # Panics
    /// If the batch is not 1 or there are not 3 channels.
    ///
    /// # Errors
    /// [`CodecError`].
    pub fn compress(
        &self,
        picture: Tensor<B, 4>,
        quality: Quality,
        encoder: &mut SymbolEncoder,
    ) -> Result<Latents<B>, CodecError> {
        self.compress_with_effort(picture, quality, Effort::MIN, encoder)
    }

    /// As [`compress`](Self::compress), with a search for latents that cost less in families that have
    /// one: the hyperprior.
    ///
    /// # Shapes
    /// `[1, 3, height, width]`, values from 0 to 1.
    ///
    /// # Panics
    /// If the batch is not 1 or there are not 3 channels.
    ///
    /// # Errors
    /// [`CodecError`].
    pub fn compress_with_effort(
        &self,
        picture: Tensor<B, 4>,
        quality: Quality,
        effort: Effort,
        encoder: &mut SymbolEncoder,
    ) -> Result<Latents<B>, CodecError> {
        match self {
            Self::Factorized(codec) => codec.compress(picture, encoder).map(Latents::Factorized),
            Self::Hyperprior(codec) => codec
                .compress_with_effort(picture, quality, effort, encoder)
                .map(Latents::Hyperprior),
            Self::Vqvae(codec) => codec
                .compress(picture, quality, encoder)
                .map(Latents::Vqvae),
        }
    }

    /// What pictures decode to, many at a time and without streams: of the numbers that a stream would
    /// hold, rounded to the nearest.
    ///
    /// # Shapes
    /// `[batch, 3, height, width]`, values from 0 to 1, unchanged; one quality each.
    ///
    /// # Panics
    /// If there are not as many qualities as pictures.
    ///
    /// # Errors
    /// [`CodecError`], which means a damaged table set.
    pub fn decoded(
        &self,
        pictures: Tensor<B, 4>,
        qualities: &[Quality],
    ) -> Result<Tensor<B, 4>, CodecError> {
        assert_eq!(pictures.dims()[0], qualities.len(), "one quality a picture");
        let shown = match self {
            Self::Factorized(codec) => {
                let output = codec.network().forward(pictures, Quantization::Round);
                output.reconstruction
            }
            Self::Hyperprior(codec) => {
                let network = codec.network();
                let output = network.forward(pictures, qualities, Quantization::Round);
                output.reconstruction
            }
            Self::Vqvae(codec) => {
                let one = |(index, &quality): (usize, &Quality)| {
                    let picture = pictures.clone().narrow(0, index, 1);
                    let latents = codec.compress(picture, quality, &mut SymbolEncoder::new())?;
                    Ok(codec.reconstruct(latents))
                };
                let decoded = qualities.iter().enumerate().map(one);
                Tensor::cat(decoded.collect::<Result<_, CodecError>>()?, 0)
            }
        };
        Ok(shown.clamp(0.0, 1.0))
    }

    /// Reads the latents of one picture; see the families' `decompress`.
    ///
    /// # Errors
    /// [`CodecError`] if the symbols end early or are damaged.
    pub fn decompress(
        &self,
        size: PictureSize,
        quality: Quality,
        decoder: &mut SymbolDecoder<'_>,
        device: &B::Device,
    ) -> Result<Latents<B>, CodecError> {
        match self {
            Self::Factorized(codec) => codec
                .decompress(size, decoder, device)
                .map(Latents::Factorized),
            Self::Hyperprior(codec) => codec
                .decompress(size, quality, decoder, device)
                .map(Latents::Hyperprior),
            Self::Vqvae(codec) => codec
                .decompress(size, quality, decoder, device)
                .map(Latents::Vqvae),
        }
    }

    /// The picture of decoded latents.
    ///
    /// # Shapes
    /// `[1, 3, height, width]`, values from 0 to 1.
    ///
    /// # Panics
    /// If the latents are of another family.
    pub fn reconstruct(&self, latents: Latents<B>) -> Tensor<B, 4> {
        match (self, latents) {
            (Self::Factorized(codec), Latents::Factorized(latents)) => codec.reconstruct(latents),
            (Self::Hyperprior(codec), Latents::Hyperprior(latents)) => codec.reconstruct(latents),
            (Self::Vqvae(codec), Latents::Vqvae(latents)) => codec.reconstruct(latents),
            _ => panic!("latents of another codec family"),
        }
    }
}
