use aivc_entropy::gaussian::{SCALE_LEVELS, gaussian_tables};
use aivc_entropy::{SymbolDecoder, SymbolEncoder, TableSet};
use burn::tensor::Tensor;

use super::network::full_groups;
use super::{GROUP_FRAMES, Hyperprior3dConfig, Hyperprior3dNetwork};
use crate::backend::ModelBackend;
use crate::families::hyper_synthesis::{EXACT_LAYERS, EntropyParameters, HYPER_LATENT};
use crate::families::rate_aware::{RateAwareRounding, Rounding};
use crate::families::symbols::{channel_indices, from_integers, host, table_indices, to_integers};
use crate::families::{CodecError, PictureSize};
use crate::layers::{DyadicWeightsError, Quality, crop, padded_size};
use crate::weights::{ExactLayerBound, WeightsError, WeightsFile, check_reach, round_to_half};

/// Hyper-latent values beyond this are not in any table; the format allows no more.
const HYPER_LATENT_REACH: i32 = HYPER_LATENT.maximum;
/// Residuals are clamped to this before they are coded: far beyond what a picture gives.
const RESIDUAL_LIMIT: f32 = 32_767.0;

const HYPER_TABLES: &str = "tables.hyper_prior";
const GAUSSIAN_TABLES: &str = "tables.gaussian";
/// What a bit may cost in squared quantization steps when latents are rounded: that of the picture
/// hyperprior, whose λ and steps these are.
const SQUARE_PER_BIT: f32 = 0.1;

/// A frozen spatio-temporal hyperprior that codes groups of frames into symbol streams.
#[derive(Debug, Clone)]
pub struct Hyperprior3dCodec<B: ModelBackend> {
    config: Hyperprior3dConfig,
    network: Hyperprior3dNetwork<B>,
    hyper_tables: TableSet,
    gaussian_tables: TableSet,
    rounding: RateAwareRounding,
}

/// What the decoder knows of a group of frames before synthesis.
#[derive(Debug, Clone)]
pub struct Hyperprior3dLatents<B: ModelBackend> {
    y_hat: Tensor<B, 4>,
    size: PictureSize,
    quality: Quality,
}

impl<B: ModelBackend> Hyperprior3dCodec<B> {
    /// Freezes a trained network: exact layers to integers, other weights to 16-bit floats,
    /// priors to tables. The codec behaves as one loaded from the file that it writes.
    ///
    /// # Panics
    /// If a weight is not finite.
    pub fn freeze(config: Hyperprior3dConfig, network: Hyperprior3dNetwork<B>) -> Self {
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
        let config: Hyperprior3dConfig = file.config()?;
        config.validate()?;
        let tables = [HYPER_TABLES, GAUSSIAN_TABLES];
        let mut network: Hyperprior3dNetwork<B> =
            file.load_parameters(config.init(device), &EXACT_LAYERS, &tables, device)?;
        network.hyper_synthesis = network.hyper_synthesis.load(file)?;
        let hyper_tables = file.tables(HYPER_TABLES, config.hyper)?;
        // Values beyond the reach would break the bound that makes the hyper-synthesis exact.
        check_reach(HYPER_TABLES, &hyper_tables, HYPER_LATENT_REACH)?;
        let gaussian_tables = file.tables(GAUSSIAN_TABLES, SCALE_LEVELS)?;
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
        let mut file = WeightsFile::new("hyperprior3d", name, &self.config);
        file.store_parameters(&self.network);
        for (path, layer) in self.network.hyper_synthesis.exact_layers() {
            file.store_exact(path, &layer.to_dyadic());
        }
        file.store_tables(HYPER_TABLES, &self.hyper_tables);
        file.store_tables(GAUSSIAN_TABLES, &self.gaussian_tables);
        file
    }

    /// The configuration of the network.
    pub fn config(&self) -> &Hyperprior3dConfig {
        &self.config
    }

    /// The frozen network.
    pub fn network(&self) -> &Hyperprior3dNetwork<B> {
        &self.network
    }

    /// The exact layers with the worst case of their sums; proved when the weights were loaded.
    ///
    /// # Errors
    /// [`DyadicWeightsError`] if a proof fails, which loading excludes.
    pub fn exact_layer_bounds(&self) -> Result<Vec<ExactLayerBound>, DyadicWeightsError> {
        let layers = self.network.exact_layers();
        let bounds = layers
            .iter()
            .map(|(name, layer)| ExactLayerBound::of(name, layer));
        bounds.collect()
    }

    /// Codes one group: ẑ first, then the residual of `y` against the means that ẑ predicts. A
    /// group that is not full is filled with repetitions of its last frame.
    ///
    /// # Shapes
    /// `[1, 3, frames, height, width]`, 1 to 8 frames, values from 0 to 1.
    ///
    /// # Panics
    /// If the batch is not 1, there are not 3 channels, or not 1 to 8 frames.
    ///
    /// # Errors
    /// [`CodecError::Encode`] if the symbol encoder refuses, which means a damaged table set.
    pub fn compress(
        &self,
        clip: Tensor<B, 5>,
        quality: Quality,
        rounding: Rounding,
        encoder: &mut SymbolEncoder,
    ) -> Result<Hyperprior3dLatents<B>, CodecError> {
        let [batch, channels, length, height, width] = clip.dims();
        assert_eq!([batch, channels], [1, 3], "one RGB clip at a time");
        assert!((1..=GROUP_FRAMES).contains(&length), "one group at a time");
        // A frame after the other: the features of eight would take eight times the memory.
        let frames = clip
            .permute([0, 2, 1, 3, 4])
            .reshape([length, 3, height, width]);
        let latents = (0..length).map(|at| {
            self.network
                .picture_latents(frames.clone().narrow(0, at, 1))
        });
        let latents = Tensor::cat(latents.collect(), 0).unsqueeze::<5>();
        let latents = full_groups(latents).squeeze_dim::<4>(0);
        let y = self.network.scaled_latent(latents, &[quality]);
        let z_hat = self.network.hyper_latent(y.clone());
        let z_shape = z_hat.dims();
        encoder.encode(
            &self.hyper_tables,
            &channel_indices(z_shape),
            &to_integers(z_hat.clone()),
        )?;

        let EntropyParameters { mean, log_scale } =
            self.network.hyper_synthesis.forward(z_hat, &[quality]);
        let residual = (y - mean.clone()).clamp(-RESIDUAL_LIMIT, RESIDUAL_LIMIT);
        let indices = table_indices(log_scale * 8.0);
        let symbols =
            self.rounding
                .round(&host(residual), &indices, std::iter::repeat(1.0), rounding);
        encoder.encode(&self.gaussian_tables, &indices, &symbols)?;
        let residual = from_integers(&symbols, mean.dims(), &mean.device());
        Ok(Hyperprior3dLatents {
            y_hat: residual + mean,
            size: PictureSize { height, width },
            quality,
        })
    }

    /// Reads the latents of a group back, the mirror image of [`compress`](Self::compress).
    ///
    /// # Errors
    /// [`CodecError`] if the symbols end early or are damaged.
    pub fn decompress(
        &self,
        size: PictureSize,
        quality: Quality,
        decoder: &mut SymbolDecoder<'_>,
        device: &B::Device,
    ) -> Result<Hyperprior3dLatents<B>, CodecError> {
        let multiple = Hyperprior3dConfig::MULTIPLE;
        let side = |side| padded_size(side, multiple) / multiple;
        let z_shape = [1, self.config.hyper, side(size.height), side(size.width)];
        let mut symbols = vec![0; z_shape.iter().product()];
        decoder.decode(&self.hyper_tables, &channel_indices(z_shape), &mut symbols)?;
        let beyond = |value: &&i32| value.unsigned_abs() > HYPER_LATENT_REACH as u32;
        if let Some(&value) = symbols.iter().find(beyond) {
            return Err(CodecError::HyperLatentRange { value });
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
        Ok(Hyperprior3dLatents {
            y_hat: residual + mean,
            size,
            quality,
        })
    }

    /// The first `frames` frames of decoded latents, one after another.
    ///
    /// # Shapes
    /// Each `[1, 3, height, width]`, values from 0 to 1.
    ///
    /// # Panics
    /// If there are not as many in a group.
    pub fn reconstruct(
        &self,
        latents: Hyperprior3dLatents<B>,
        frames: usize,
    ) -> impl Iterator<Item = Tensor<B, 4>> {
        assert!(frames <= GROUP_FRAMES, "{frames} frames of a group");
        let Hyperprior3dLatents {
            y_hat,
            size,
            quality,
        } = latents;
        let of_frames = self.network.frame_latents(y_hat, &[quality]);
        (0..frames).map(move |at| {
            let picture = self.network.pictures(of_frames.clone().narrow(0, at, 1));
            crop(picture, size.height, size.width).clamp(0.0, 1.0)
        })
    }
}
