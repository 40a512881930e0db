use std::sync::Arc;

use aivc_models::ModelBackend;
use aivc_models::families::hybrid::coder::{
    FrameCoder, FrameCoderConfig, HYPER_FACTOR, WrittenLatents,
};
use aivc_models::families::hybrid::{HybridCodec, LATENT_CHANNELS, MACROBLOCK, MacroblockLevels};
use aivc_models::layers::Quality;
use aivc_models::weights::WeightsFile;
use burn::tensor::backend::AutodiffBackend;
use burn::tensor::{Tensor, TensorData};

use super::data::SequenceDataset;
use super::distributions_recipe::{DistributionsRecipe, FrameKind};
use super::fitting::fitting_videos;
use super::task::{BatchLoss, Task};
use super::validation::validate_clips;
use super::weights_transfer::{read_weights, with_values_of};
use super::written_frames::{WrittenBatch, WrittenFrames};
use super::{Recipe, TrainingError, ValidationPoint};

/// What features and latents were multiplied by to be integers.
const SIXTEENTHS: f64 = 16.0;

/// Training of one coder's distributions on what the encoder wrote.
pub(super) struct DistributionTask<'a, B>
where
    B: AutodiffBackend + ModelBackend,
    B::InnerBackend: ModelBackend,
{
    recipe: &'a Recipe,
    training: &'a DistributionsRecipe,
    codec: HybridCodec<B::InnerBackend>,
    config: FrameCoderConfig,
    dataset: SequenceDataset,
    written: Arc<WrittenFrames>,
}

impl<'a, B> DistributionTask<'a, B>
where
    B: AutodiffBackend + ModelBackend,
    B::InnerBackend: ModelBackend,
{
    /// Encodes the videos that are learned from, which takes its time.
    pub fn open(
        recipe: &'a Recipe,
        training: &'a DistributionsRecipe,
        device: &B::Device,
    ) -> Result<Self, TrainingError> {
        let codec = HybridCodec::from_weights(&read_weights(&training.codec)?, device)?;
        let (config, _) = coder_of(&codec, training.frames)?;
        let dataset = SequenceDataset::open(&recipe.data, recipe.seed)?;
        let videos = dataset.videos(training.videos, training.length)?;
        let side = recipe.optimization.crop / MACROBLOCK;
        let written = WrittenFrames::record(&codec, training, &videos, side, recipe.seed, device)?;
        Ok(Self {
            recipe,
            training,
            codec,
            config,
            dataset,
            written: Arc::new(written),
        })
    }
}

impl<B> Task<B> for DistributionTask<'_, B>
where
    B: AutodiffBackend + ModelBackend,
    B::InnerBackend: ModelBackend,
{
    type Network = FrameCoder<B>;
    type Batch = WrittenBatch;

    fn init(&self, device: &B::Device) -> Result<FrameCoder<B>, TrainingError> {
        let (config, coder) = coder_of(&self.codec, self.training.frames)?;
        Ok(with_values_of(config.init(device), &coder.thaw()))
    }

    fn load(
        &self,
        file: &WeightsFile,
        device: &B::Device,
    ) -> Result<Option<FrameCoder<B::InnerBackend>>, TrainingError> {
        let codec = HybridCodec::from_weights(file, device)?;
        let (config, coder) = coder_of(&codec, self.training.frames)?;
        Ok((config == self.config).then(|| coder.thaw()))
    }

    fn source_sizes(&self) -> Vec<usize> {
        vec![self.written.len()]
    }

    fn batches(
        &self,
    ) -> impl Fn(u64) -> Result<WrittenBatch, TrainingError> + Clone + Send + 'static {
        let written = self.written.clone();
        let optimization = &self.recipe.optimization;
        let (pieces, side) = (optimization.part(), optimization.crop / MACROBLOCK);
        move |step| Ok(written.batch(step, pieces, side))
    }

    fn loss(
        &self,
        network: &FrameCoder<B>,
        batch: WrittenBatch,
        device: &B::Device,
    ) -> Result<BatchLoss<B>, TrainingError> {
        let count = batch.qualities.len();
        let side = batch.side;
        let tensor = |values: Vec<f32>, channels: usize, side: usize| {
            let shape = [count, channels, side, side];
            Tensor::<B, 4>::from_data(TensorData::new(values, shape), device)
        };
        let there = |values: &Vec<f32>| !values.is_empty();
        let features = Some(batch.features).filter(there);
        let hyper_latent = Some(batch.hyper_latent).filter(there);
        let levels = batch.levels.chunks_exact(side * side);
        let levels = levels.map(|piece| {
            let levels = piece.iter().map(|&level| level as usize);
            MacroblockLevels::new([side, side], levels.collect())
        });
        let written = WrittenLatents {
            qualities: batch.qualities,
            levels: levels.collect(),
            features: features.map(|values| tensor(values, 3 * LATENT_CHANNELS, side) / SIXTEENTHS),
            hyper_latent: hyper_latent
                .map(|values| tensor(values, self.config.hyper, side / HYPER_FACTOR)),
            latent: tensor(batch.latent, LATENT_CHANNELS, side) / SIXTEENTHS,
        };
        let bits = network.bits_of_written(written);
        let weights = Tensor::<B, 1>::from_floats(batch.weights.as_slice(), device);
        let macroblocks = (side * side) as f64;
        Ok(BatchLoss {
            loss: (bits.clone() * weights).mean() / macroblocks,
            bits_per_pixel: bits.mean() / (macroblocks * (MACROBLOCK * MACROBLOCK) as f64),
            // Nothing is decoded.
            squared_error: Tensor::ones([1], device),
            codebooks: Vec::new(),
        })
    }

    fn freeze(
        &self,
        average: FrameCoder<B::InnerBackend>,
        qualities: &[Quality],
        device: &B::Device,
    ) -> Result<(WeightsFile, Vec<ValidationPoint>), TrainingError> {
        let (codec, config) = (self.codec.clone(), self.config.clone());
        let codec = match self.training.frames {
            FrameKind::Key => codec.with_key(config, average),
            FrameKind::Inter => codec.with_inter(config, average),
        };
        let inter = codec.predicts().then_some(self.training.key_above);
        let codec = codec.fitted_to(&fitting_videos(&self.dataset, inter)?, device)?;
        let points = match &self.recipe.validation {
            Some(validation) => validate_clips(&codec, validation, qualities, device)?,
            None => Vec::new(),
        };
        Ok((codec.to_weights(&self.recipe.name), points))
    }
}

/// A coder of a codec, and its widths.
fn coder_of<B: ModelBackend>(
    codec: &HybridCodec<B>,
    frames: FrameKind,
) -> Result<(FrameCoderConfig, FrameCoder<B>), TrainingError> {
    let (config, network) = (codec.config(), codec.network());
    match frames {
        FrameKind::Key => Ok((config.key.clone(), network.key)),
        FrameKind::Inter => {
            let inter = config.inter.clone().zip(network.inter);
            inter.ok_or_else(|| aivc_models::families::CodecError::NoInterFrames.into())
        }
    }
}
