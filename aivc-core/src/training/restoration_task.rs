use std::sync::Arc;

use aivc_models::ModelBackend;
use aivc_models::families::CodecError;
use aivc_models::families::hybrid::restoration::{INPUTS, RestorationConfig};
use aivc_models::families::hybrid::{CorrectionNetwork, DETAIL_CHANNELS, HybridCodec};
use aivc_models::layers::Quality;
use aivc_models::weights::WeightsFile;
use burn::tensor::backend::AutodiffBackend;
use burn::tensor::{Tensor, TensorData};

use super::data::SequenceDataset;
use super::decoded_frames::{BLOCK, CHANNELS, DecodedBatch, DecodedFrames};
use super::restoration_recipe::RestorationRecipe;
use super::task::{BatchLoss, Task};
use super::validation::validate_clips;
use super::weights_transfer::{read_weights, with_values_of};
use super::{Recipe, TrainingError, ValidationPoint};

/// What inputs and errors were multiplied by to be integers.
const SIXTEENTHS: f64 = 16.0;

/// Training of what restores inter frames, on what the encoder decodes.
pub(super) struct RestorationTask<'a, B>
where
    B: AutodiffBackend + ModelBackend,
    B::InnerBackend: ModelBackend,
{
    recipe: &'a Recipe,
    config: RestorationConfig,
    codec: HybridCodec<B::InnerBackend>,
    sizes: Vec<usize>,
    decoded: Arc<DecodedFrames>,
}

impl<'a, B> RestorationTask<'a, B>
where
    B: AutodiffBackend + ModelBackend,
    B::InnerBackend: ModelBackend,
{
    /// Encodes the videos that are learned from, which takes its time.
    pub fn open(
        recipe: &'a Recipe,
        config: RestorationConfig,
        training: &RestorationRecipe,
        device: &B::Device,
    ) -> Result<Self, TrainingError> {
        let codec = HybridCodec::from_weights(&read_weights(&training.codec)?, device)?;
        if !codec.predicts() {
            return Err(CodecError::NoInterFrames.into());
        }
        let dataset = SequenceDataset::open(&recipe.data, recipe.seed)?;
        let videos = dataset.videos(training.videos, training.length)?;
        let side = recipe.optimization.crop / BLOCK;
        let decoded = DecodedFrames::record(&codec, training, &videos, side, recipe.seed, device)?;
        Ok(Self {
            recipe,
            config,
            codec,
            sizes: vec![decoded.len()],
            decoded: Arc::new(decoded),
        })
    }
}

impl<B> Task<B> for RestorationTask<'_, B>
where
    B: AutodiffBackend + ModelBackend,
    B::InnerBackend: ModelBackend,
{
    type Network = CorrectionNetwork<B>;
    type Batch = DecodedBatch;

    fn init(&self, device: &B::Device) -> Result<CorrectionNetwork<B>, TrainingError> {
        let network = self.config.init(device);
        let config = self.codec.config().restoration.as_ref();
        let trained = self.codec.network().restoration;
        let trained = trained.filter(|_| config == Some(&self.config));
        Ok(match trained {
            Some(trained) => with_values_of(network, &trained.thaw()),
            None => network,
        })
    }

    fn load(
        &self,
        file: &WeightsFile,
        device: &B::Device,
    ) -> Result<Option<CorrectionNetwork<B::InnerBackend>>, TrainingError> {
        let codec = HybridCodec::from_weights(file, device)?;
        let alike = codec.config().restoration.as_ref() == Some(&self.config);
        let trained = codec.network().restoration.filter(|_| alike);
        Ok(trained.map(CorrectionNetwork::thaw))
    }

    fn source_sizes(&self) -> Vec<usize> {
        self.sizes.clone()
    }

    fn batches(
        &self,
    ) -> impl Fn(u64) -> Result<DecodedBatch, TrainingError> + Clone + Send + 'static {
        let decoded = self.decoded.clone();
        let optimization = &self.recipe.optimization;
        let (pieces, side) = (optimization.part(), optimization.crop / BLOCK);
        move |step| Ok(decoded.batch(step, pieces, side))
    }

    fn loss(
        &self,
        network: &CorrectionNetwork<B>,
        batch: DecodedBatch,
        device: &B::Device,
    ) -> Result<BatchLoss<B>, TrainingError> {
        let (count, side) = (batch.count, batch.side);
        let tensor = |values: Vec<f32>, channels: usize, side: usize| {
            let shape = [count, channels, side, side];
            Tensor::<B, 4>::from_data(TensorData::new(values, shape), device)
        };
        let inputs = tensor(batch.inputs, INPUTS, side) / SIXTEENTHS;
        let error = tensor(batch.error, DETAIL_CHANNELS, side);
        let steps = tensor(batch.steps, 2, side) * SIXTEENTHS;
        let weights = tensor(batch.weights, DETAIL_CHANNELS, 1);
        let [luma, blue, red] = CHANNELS;
        let of_planes = [(0, luma), (1, blue + red)].map(|(plane, channels)| {
            let step = steps.clone().narrow(1, plane, 1);
            step.expand([count, channels, side, side])
        });
        let steps = Tensor::cat(of_planes.into(), 1);
        let left = (error.clone() - network.forward(inputs) * steps).square();
        let level = SIXTEENTHS * 255.0;
        Ok(BatchLoss {
            loss: (left.clone() * weights.clone()).sum() / (error.square() * weights).sum(),
            // Nothing is coded.
            bits_per_pixel: Tensor::zeros([1], device),
            squared_error: left.mean() / (level * level),
            codebooks: Vec::new(),
        })
    }

    fn freeze(
        &self,
        average: CorrectionNetwork<B::InnerBackend>,
        qualities: &[Quality],
        device: &B::Device,
    ) -> Result<(WeightsFile, Vec<ValidationPoint>), TrainingError> {
        let codec = self.codec.clone();
        let codec = codec.with_restoration(self.config.clone(), average);
        let points = match &self.recipe.validation {
            Some(validation) => validate_clips(&codec, validation, qualities, device)?,
            None => Vec::new(),
        };
        Ok((codec.to_weights(&self.recipe.name), points))
    }
}
