use aivc_entropy::gaussian::gaussian_tables;
use aivc_entropy::{SymbolDecoder, SymbolEncoder, TableSet};
use burn::tensor::Tensor;

use super::search::LatentSearch;
use super::{HyperpriorConfig, HyperpriorNetwork};
use crate::backend::ModelBackend;
use crate::families::hyper_synthesis::{EXACT_LAYERS, EntropyParameters, HYPER_LATENT};
use crate::families::rate_aware::{RateAwareRounding, Rounding};
use crate::families::symbols::{channel_indices, from_integers, host, table_indices, to_integers};
use crate::families::{CodecError, Effort, PictureSize};
use crate::layers::{Quality, crop, padded_size};
use crate::weights::{WeightsError, WeightsFile, check_reach, round_to_half};

/// Hyper-latent values beyond this are not in any table; the format allows no more.
const HYPER_LATENT_REACH: i32 = HYPER_LATENT.maximum;
/// Residuals are clamped to this before they are coded: far beyond what a picture gives.
const RESIDUAL_LIMIT: f32 = 32_767.0;

pub(super) const HYPER_TABLES: &str = "tables.hyper_prior";
const GAUSSIAN_TABLES: &str = "tables.gaussian";
/// What a bit may cost in squared quantization steps when latents are rounded. At the optimum of
/// `bits + λ·65025·MSE`, with a transform that keeps squares (3 samples a pixel) and a step of
/// `1/gain`, it is `3·gain²/(65025·λ)`, which is 0.104 at both ends of the quality range, with the
/// gains that training starts from.
const SQUARE_PER_BIT: f32 = 0.1;

/// A frozen hyperprior model that codes pictures into symbol streams.
#[derive(Debug, Clone)]
pub struct HyperpriorCodec<B: ModelBackend> {
    config: HyperpriorConfig,
    network: HyperpriorNetwork<B>,
    hyper_tables: TableSet,
    gaussian_tables: TableSet,
    rounding: RateAwareRounding,
}

/// What the decoder knows of a picture before synthesis.
#[derive(Debug, Clone)]
pub struct HyperpriorLatents<B: ModelBackend> {
    y_hat: Tensor<B, 4>,
    size: PictureSize,
    quality: Quality,
}

/// What a stream holds of a picture, and what tells how: `[1, channels, height, width]` each.
#[derive(Debug, Clone)]
pub(super) struct QuantizedLatents<B: ModelBackend> {
    pub z_hat: Tensor<B, 4>,
    pub mean: Tensor<B, 4>,
    pub log_scale: Tensor<B, 4>,
    /// Index of the table of each value of the residual.
    pub tables: Vec<u16>,
    /// The residual.
    pub symbols: Vec<i32>,
}

impl<B: ModelBackend> QuantizedLatents<B> {
    /// `y` as decoders have it.
    pub fn y_hat(&self) -> Tensor<B, 4> {
        let shape = self.mean.dims();
        from_integers(&self.symbols, shape, &self.mean.device()) + self.mean.clone()
    }
}

/// # Panics
/// If the batch is not 1 or there are not 3 channels.
fn picture_size<B: ModelBackend>(picture: &Tensor<B, 4>) -> PictureSize {
    let [batch, channels, height, width] = picture.dims();
    assert_eq!([batch, channels], [1, 3], "one RGB picture at a time");
    PictureSize { height, width }
}

impl<B: ModelBackend> HyperpriorCodec<B> {
    /// Freezes a trained network: exact layers to integers, other weights to 16-bit floats,
    /// priors to tables. The codec behaves as one loaded from the file that it writes.
    ///
    /// # Panics
    /// If a weight is not finite.
    pub fn freeze(config: HyperpriorConfig, network: HyperpriorNetwork<B>) -> Self {
        let mut network = network;
        network.hyper_synthesis = network.hyper_synthesis.freeze();
        let network = round_to_half(network, &EXACT_LAYERS);
        let hyper_tables = network.hyper_prior.tables(HYPER_LATENT_REACH);
        let gaussian_tables = gaussian_tables();
        Self {
            config,
            network,
            hyper_tables,
            rounding: RateAwareRounding::new(&gaussian_tables, SQUARE_PER_BIT),
            gaussian_tables,
        }
    }

    /// The codec of a weights file.
    ///
    /// # Errors
    /// [`WeightsError`] if a tensor or table is missing, left over, of the wrong shape or type, or
    /// an exact layer's bound does not hold.
    pub fn from_weights(file: &WeightsFile, device: &B::Device) -> Result<Self, WeightsError> {
        let config: HyperpriorConfig = file.config()?;
        config.validate()?;
        let tables = [HYPER_TABLES, GAUSSIAN_TABLES];
        let mut network: HyperpriorNetwork<B> =
            file.load_parameters(config.init(device), &EXACT_LAYERS, &tables, device)?;
        network.hyper_synthesis = network.hyper_synthesis.load(file)?;
        let hyper_tables = file.tables(HYPER_TABLES, config.hyper)?;
        // Values beyond the reach would break the bound that makes the hyper-synthesis exact.
        check_reach(HYPER_TABLES, &hyper_tables, HYPER_LATENT_REACH)?;
        let gaussian_tables = file.tables(GAUSSIAN_TABLES, aivc_entropy::gaussian::SCALE_LEVELS)?;
        Ok(Self {
            config,
            network,
            hyper_tables,
            rounding: RateAwareRounding::new(&gaussian_tables, SQUARE_PER_BIT),
            gaussian_tables,
        })
    }

    /// The weights file of this codec.
    pub fn to_weights(&self, name: &str) -> WeightsFile {
        let mut file = WeightsFile::new("hyperprior", name, &self.config);
        file.store_parameters(&self.network);
        for (path, layer) in self.network.hyper_synthesis.exact_layers() {
            file.store_exact(path, &layer.to_dyadic());
        }
        file.store_tables(HYPER_TABLES, &self.hyper_tables);
        file.store_tables(GAUSSIAN_TABLES, &self.gaussian_tables);
        file
    }

    /// The configuration of the network.
    pub fn config(&self) -> &HyperpriorConfig {
        &self.config
    }

    /// The frozen network.
    pub fn network(&self) -> &HyperpriorNetwork<B> {
        &self.network
    }

    /// Codes one picture: ẑ first, then the residual of `y` against the means that ẑ predicts.
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
        quality: Quality,
        rounding: Rounding,
        encoder: &mut SymbolEncoder,
    ) -> Result<HyperpriorLatents<B>, CodecError> {
        let size = picture_size(&picture);
        let y = self.network.scaled_latent(picture, &[quality]);
        let latents = self.quantize(&y, quality, rounding);
        self.write(latents, size, quality, encoder)
    }

    /// As [`compress`](Self::compress) with rate-aware rounding, after a search for latents that cost
    /// less: bits and squared error, at the exchange rate that the quality's steps stand for. It never
    /// takes what costs more than latents without a search. The stream is one like any other.
    ///
    /// The search keeps what each layer of the synthesis puts out: some hundred times the memory of the
    /// picture in bytes.
    ///
    /// # Shapes
    /// `[1, 3, height, width]`, values from 0 to 1.
    ///
    /// # Panics
    /// If the batch is not 1 or there are not 3 channels.
    ///
    /// # Errors
    /// As [`compress`](Self::compress).
    pub fn compress_with_effort(
        &self,
        picture: Tensor<B, 4>,
        quality: Quality,
        effort: Effort,
        encoder: &mut SymbolEncoder,
    ) -> Result<HyperpriorLatents<B>, CodecError> {
        if effort.steps() == 0 {
            return self.compress(picture, quality, Rounding::RateAware, encoder);
        }
        let size = picture_size(&picture);
        let y = self.network.scaled_latent(picture.clone(), &[quality]);
        let start = self.quantize(&y, quality, Rounding::RateAware);
        let latents = match LatentSearch::new(self, &picture, &y, quality) {
            Some(search) => search.best(&y, start, effort.steps()),
            None => start,
        };
        self.write(latents, size, quality, encoder)
    }

    /// What a stream holds of scaled latents.
    pub(super) fn quantize(
        &self,
        y: &Tensor<B, 4>,
        quality: Quality,
        rounding: Rounding,
    ) -> QuantizedLatents<B> {
        let z_hat = self.network.hyper_latent(y.clone());
        let EntropyParameters { mean, log_scale } = self
            .network
            .hyper_synthesis
            .forward(z_hat.clone(), &[quality]);
        let tables = table_indices(log_scale.clone() * 8.0);
        let symbols = self.round(y.clone() - mean.clone(), &tables, rounding);
        QuantizedLatents {
            z_hat,
            mean,
            log_scale,
            tables,
            symbols,
        }
    }

    /// The integers of residuals, each with the table of its place.
    pub(super) fn round(
        &self,
        residual: Tensor<B, 4>,
        tables: &[u16],
        rounding: Rounding,
    ) -> Vec<i32> {
        let residual = residual.clamp(-RESIDUAL_LIMIT, RESIDUAL_LIMIT);
        self.rounding
            .round(&host(residual), tables, std::iter::repeat(1.0), rounding)
    }

    /// Ideal length of the residual's symbols.
    pub(super) fn residual_bits(&self, latents: &QuantizedLatents<B>) -> f64 {
        self.symbol_bits(latents).sum()
    }

    /// Ideal length of each symbol of the residual.
    pub(super) fn symbol_bits<'a>(
        &'a self,
        latents: &'a QuantizedLatents<B>,
    ) -> impl Iterator<Item = f64> + 'a {
        let pairs = latents.tables.iter().zip(&latents.symbols);
        pairs.map(|(&table, &symbol)| self.gaussian_tables.cost_bits(table, symbol))
    }

    fn write(
        &self,
        latents: QuantizedLatents<B>,
        size: PictureSize,
        quality: Quality,
        encoder: &mut SymbolEncoder,
    ) -> Result<HyperpriorLatents<B>, CodecError> {
        encoder.encode(
            &self.hyper_tables,
            &channel_indices(latents.z_hat.dims()),
            &to_integers(latents.z_hat.clone()),
        )?;
        encoder.encode(&self.gaussian_tables, &latents.tables, &latents.symbols)?;
        Ok(HyperpriorLatents {
            y_hat: latents.y_hat(),
            size,
            quality,
        })
    }

    /// Reads the latents of a picture back, the mirror image of [`compress`](Self::compress).
    ///
    /// # Errors
    /// [`CodecError`] if the symbols end early or are damaged.
    pub fn decompress(
        &self,
        size: PictureSize,
        quality: Quality,
        decoder: &mut SymbolDecoder<'_>,
        device: &B::Device,
    ) -> Result<HyperpriorLatents<B>, CodecError> {
        let padded = |side| padded_size(side, HyperpriorConfig::MULTIPLE);
        let (rows, columns) = (
            padded(size.height) / HyperpriorConfig::MULTIPLE,
            padded(size.width) / HyperpriorConfig::MULTIPLE,
        );
        let z_shape = [1, self.config.hyper, rows, columns];
        let mut symbols = vec![0; z_shape.iter().product()];
        decoder.decode(&self.hyper_tables, &channel_indices(z_shape), &mut symbols)?;
        if let Some(value) = symbols
            .iter()
            .find(|value| value.unsigned_abs() > HYPER_LATENT_REACH as u32)
        {
            return Err(CodecError::HyperLatentRange { value: *value });
        }
        let z_hat = from_integers(&symbols, z_shape, device);

        let EntropyParameters { mean, log_scale } =
            self.network.hyper_synthesis.forward(z_hat, &[quality]);
        let y_shape = mean.dims();
        let mut symbols = vec![0; y_shape.iter().product()];
        decoder.decode(
            &self.gaussian_tables,
            &table_indices(log_scale * 8.0),
            &mut symbols,
        )?;
        let residual: Tensor<B, 4> = from_integers(&symbols, y_shape, device);
        Ok(HyperpriorLatents {
            y_hat: residual + mean,
            size,
            quality,
        })
    }

    /// The picture of decoded latents.
    ///
    /// # Shapes
    /// `[1, 3, height, width]`, values from 0 to 1.
    pub fn reconstruct(&self, latents: HyperpriorLatents<B>) -> Tensor<B, 4> {
        let picture = self.network.reconstruct(latents.y_hat, &[latents.quality]);
        crop(picture, latents.size.height, latents.size.width).clamp(0.0, 1.0)
    }
}
