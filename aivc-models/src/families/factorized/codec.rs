use aivc_entropy::{SymbolDecoder, SymbolEncoder, TableSet};
use burn::tensor::Tensor;

use super::{FactorizedConfig, FactorizedNetwork};
use crate::backend::ModelBackend;
use crate::families::symbols::{channel_indices, from_integers, to_integers};
use crate::families::{CodecError, PictureSize};
use crate::layers::{GdnTransformConfig, crop, padded_size};
use crate::weights::{WeightsError, WeightsFile, round_to_half};

/// Values beyond this are never in a table but escaped.
const TABLE_REACH: i32 = 512;
pub(super) const TABLES: &str = "tables.prior";

/// A frozen factorized-prior model that codes pictures into symbol streams.
#[derive(Debug, Clone)]
pub struct FactorizedCodec<B: ModelBackend> {
    config: FactorizedConfig,
    network: FactorizedNetwork<B>,
    pub(super) tables: TableSet,
}

/// What the decoder knows of a picture before synthesis.
#[derive(Debug, Clone)]
pub struct FactorizedLatents<B: ModelBackend> {
    y_hat: Tensor<B, 4>,
    size: PictureSize,
}

impl<B: ModelBackend> FactorizedCodec<B> {
    /// Freezes a trained network: weights to 16-bit floats, the prior to tables.
    ///
    /// # Panics
    /// If a weight is not finite.
    pub fn freeze(config: FactorizedConfig, network: FactorizedNetwork<B>) -> Self {
        let network = round_to_half(network, &[]);
        let tables = network.prior.tables(TABLE_REACH);
        Self {
            config,
            network,
            tables,
        }
    }

    /// The codec of a weights file.
    ///
    /// # Errors
    /// [`WeightsError`] if a tensor or table is missing or of the wrong shape or type.
    pub fn from_weights(file: &WeightsFile, device: &B::Device) -> Result<Self, WeightsError> {
        let config: FactorizedConfig = file.config()?;
        config.validate()?;
        let network = file.load_parameters(config.init(device), &[], &[TABLES], device)?;
        let tables = file.tables(TABLES, config.transform.latent)?;
        Ok(Self {
            config,
            network,
            tables,
        })
    }

    /// The weights file of this codec.
    pub fn to_weights(&self, name: &str) -> WeightsFile {
        let mut file = WeightsFile::new("factorized", name, &self.config);
        file.store_parameters(&self.network);
        file.store_tables(TABLES, &self.tables);
        file
    }

    /// The configuration of the network.
    pub fn config(&self) -> &FactorizedConfig {
        &self.config
    }

    /// The frozen network.
    pub fn network(&self) -> &FactorizedNetwork<B> {
        &self.network
    }

    /// Codes one picture.
    ///
    /// # Shapes
    /// `[1, 3, height, width]`, values from 0 to 1.
    ///
    /// # Panics
    /// If the batch is not 1 or there are not 3 channels.
    ///
    /// # Errors
    /// [`CodecError::Encode`] if the symbol encoder refuses, which means a damaged table set.
    pub fn compress(
        &self,
        picture: Tensor<B, 4>,
        encoder: &mut SymbolEncoder,
    ) -> Result<FactorizedLatents<B>, CodecError> {
        let [batch, channels, height, width] = picture.dims();
        assert_eq!([batch, channels], [1, 3], "one RGB picture at a time");
        let y_hat = self.network.quantized_latent(picture);
        encoder.encode(
            &self.tables,
            &channel_indices(y_hat.dims()),
            &to_integers(y_hat.clone()),
        )?;
        Ok(FactorizedLatents {
            y_hat,
            size: PictureSize { height, width },
        })
    }

    /// Reads the latent of a picture back, the mirror image of [`compress`](Self::compress).
    ///
    /// # Errors
    /// [`CodecError`] if the symbols end early or are damaged.
    pub fn decompress(
        &self,
        size: PictureSize,
        decoder: &mut SymbolDecoder<'_>,
        device: &B::Device,
    ) -> Result<FactorizedLatents<B>, CodecError> {
        let side =
            |side| padded_size(side, GdnTransformConfig::MULTIPLE) / GdnTransformConfig::MULTIPLE;
        let shape = [
            1,
            self.config.transform.latent,
            side(size.height),
            side(size.width),
        ];
        let mut symbols = vec![0; shape.iter().product()];
        decoder.decode(&self.tables, &channel_indices(shape), &mut symbols)?;
        Ok(FactorizedLatents {
            y_hat: from_integers(&symbols, shape, device),
            size,
        })
    }

    /// The picture of decoded latents.
    ///
    /// # Shapes
    /// `[1, 3, height, width]`, values from 0 to 1.
    pub fn reconstruct(&self, latents: FactorizedLatents<B>) -> Tensor<B, 4> {
        let picture = self.network.synthesis.forward(latents.y_hat);
        crop(picture, latents.size.height, latents.size.width).clamp(0.0, 1.0)
    }
}
