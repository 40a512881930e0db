use std::sync::Arc;

use aivc_models::ModelBackend;
use aivc_models::families::Quantization;
use aivc_models::families::hyperprior3d::{
    GROUP_FRAMES, Hyperprior3dCodec, Hyperprior3dConfig, Hyperprior3dNetwork,
};
use aivc_models::layers::Quality;
use aivc_models::losses::RateDistortionLoss;
use aivc_models::weights::WeightsFile;
use burn::tensor::backend::AutodiffBackend;
use burn::tensor::{Tensor, TensorData};

use super::data::{FrameSamples, SequenceBatch, SequenceDataset};
use super::task::{BatchLoss, Task};
use super::validation::validate_groups;
use super::weights_transfer::read_weights;
use super::{Recipe, TrainingError, ValidationPoint};
use crate::color::to_rgb_f32;
use crate::frame::ColorDescription;
use crate::model::from_yuv420_picture;

/// Training of the family that codes groups of frames, in RGB.
pub(super) struct ClipTask<'a> {
    recipe: &'a Recipe,
    config: Hyperprior3dConfig,
    /// First weights of the transforms of single frames.
    pictures: Option<WeightsFile>,
    dataset: Arc<SequenceDataset>,
    loss: RateDistortionLoss,
}

impl<'a> ClipTask<'a> {
    pub fn open(
        recipe: &'a Recipe,
        config: Hyperprior3dConfig,
        pictures: Option<&std::path::Path>,
    ) -> Result<Self, TrainingError> {
        let pictures = pictures.map(read_weights).transpose()?;
        Ok(Self {
            recipe,
            config,
            pictures,
            dataset: Arc::new(SequenceDataset::open(&recipe.data, recipe.seed)?),
            loss: RateDistortionLoss::new(recipe.loss),
        })
    }
}

impl<B> Task<B> for ClipTask<'_>
where
    B: AutodiffBackend + ModelBackend,
    B::InnerBackend: ModelBackend,
{
    type Network = Hyperprior3dNetwork<B>;
    type Batch = SequenceBatch;

    fn init(&self, device: &B::Device) -> Result<Hyperprior3dNetwork<B>, TrainingError> {
        self.config.validate()?;
        match &self.pictures {
            Some(pictures) => Ok(self.config.init_with_pictures(pictures, device)?),
            None => Ok(self.config.init(device)),
        }
    }

    fn load(
        &self,
        file: &WeightsFile,
        device: &B::Device,
    ) -> Result<Option<Hyperprior3dNetwork<B::InnerBackend>>, TrainingError> {
        let codec = Hyperprior3dCodec::from_weights(file, device)?;
        let same = *codec.config() == self.config;
        Ok(same.then(|| codec.network().clone().thaw()))
    }

    fn source_sizes(&self) -> Vec<usize> {
        self.dataset.sizes()
    }

    fn batches(
        &self,
    ) -> impl Fn(u64) -> Result<SequenceBatch, TrainingError> + Clone + Send + 'static {
        let dataset = self.dataset.clone();
        let optimization = &self.recipe.optimization;
        let (sequences, side) = (optimization.part(), optimization.crop);
        move |step| dataset.batch(step, sequences, side, GROUP_FRAMES)
    }

    fn loss(
        &self,
        network: &Hyperprior3dNetwork<B>,
        batch: SequenceBatch,
        device: &B::Device,
    ) -> Result<BatchLoss<B>, TrainingError> {
        let side = batch.side;
        let clips = to_clips::<B>(&batch.frames, side, device)?;
        // Most latents of the higher frequencies of time are zero, for which noise is too wide; the
        // distribution of ẑ has to be found first.
        let (y, z) = (Quantization::Round, Quantization::Noise);
        let output = network.forward(clips.clone(), &batch.qualities, y, z);
        let pixels = (GROUP_FRAMES * side * side) as f64;
        let bits_per_pixel = (output.y_bits + output.z_bits) / pixels;
        let difference = clips - output.reconstruction;
        let [count, ..] = difference.dims();
        let squares = (difference.clone() * difference).reshape([count as i32, -1]);
        let squared_error = squares.mean_dim(1).reshape([count]);
        let distortion = squared_error.clone() * (255.0 * 255.0);
        Ok(BatchLoss {
            loss: self
                .loss
                .combine(distortion, bits_per_pixel.clone(), &batch.qualities),
            bits_per_pixel: bits_per_pixel.mean(),
            squared_error: squared_error.mean(),
            codebooks: Vec::new(),
        })
    }

    fn freeze(
        &self,
        average: Hyperprior3dNetwork<B::InnerBackend>,
        qualities: &[Quality],
        device: &B::Device,
    ) -> Result<(WeightsFile, Vec<ValidationPoint>), TrainingError> {
        let codec = Hyperprior3dCodec::freeze(self.config.clone(), average);
        let points = match &self.recipe.validation {
            Some(validation) => validate_groups(&codec, validation, qualities, device)?,
            None => Vec::new(),
        };
        Ok((codec.to_weights(&self.recipe.name), points))
    }
}

/// The sequences of a batch in RGB, `[sequences, 3, frames, side, side]`, as sessions convert them.
fn to_clips<B: ModelBackend>(
    times: &[FrameSamples],
    side: usize,
    device: &B::Device,
) -> Result<Tensor<B, 5>, TrainingError> {
    let area = side * side;
    let sequences = times[0].luma.len() / area;
    let mut values = Vec::with_capacity(times.len() * sequences * 3 * area);
    for samples in times {
        for index in 0..sequences {
            let picture = samples.picture(index, side, side);
            let frame = from_yuv420_picture(&picture, ColorDescription::UNSPECIFIED)?;
            values.extend(to_rgb_f32(&frame)?);
        }
    }
    let shape = [times.len(), sequences, 3, side, side];
    let clips = Tensor::<B, 5>::from_data(TensorData::new(values, shape), device);
    Ok(clips.permute([1, 2, 0, 3, 4]))
}
