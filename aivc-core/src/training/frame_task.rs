use std::sync::Arc;

use aivc_models::ModelBackend;
use aivc_models::families::Quantization;
use aivc_models::families::hybrid::coder::{FrameCoder, FrameCoderConfig, Prediction};
use aivc_models::families::hybrid::motion::{MotionSearch, Yuv420Picture, compensate};
use aivc_models::families::hybrid::{FrameTensors, HybridCodec, HybridConfig, HybridNetwork};
use aivc_models::layers::{QUALITY_LEVELS, Quality};
use aivc_models::losses::{Distortion, RateDistortionLoss, frame_mixed_error, frame_squared_error};
use aivc_models::weights::WeightsFile;
use burn::tensor::backend::AutodiffBackend;
use burn::tensor::{Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::data::{FrameSamples, SequenceBatch, SequenceDataset};
use super::fitting::fitting_videos;
use super::recipe::{CoderRecipe, InterRecipe};
use super::task::{BatchLoss, Task};
use super::validation::validate_clips;
use super::weights_transfer::read_weights;
use super::{Recipe, TrainingError, ValidationPoint};

/// How much more each frame of a sequence weighs than the one before: its errors go on into more
/// frames.
const WEIGHT_GROWTH: f64 = 1.2;

/// Training of the hybrid codec's keyframes, or of its inter frames.
pub(super) struct FrameTask<'a, B>
where
    B: AutodiffBackend + ModelBackend,
    B::InnerBackend: ModelBackend,
{
    recipe: &'a Recipe,
    config: FrameCoderConfig,
    inter: Option<Inter<'a, B::InnerBackend>>,
    /// A model that a run of keyframes begins with: what else it has stays.
    start: Option<HybridCodec<B::InnerBackend>>,
    dataset: Arc<SequenceDataset>,
    loss: RateDistortionLoss,
}

struct Inter<'a, B: ModelBackend> {
    recipe: &'a InterRecipe,
    codec: HybridCodec<B>,
    key: FrameCoder<B>,
}

impl<'a, B> FrameTask<'a, B>
where
    B: AutodiffBackend + ModelBackend,
    B::InnerBackend: ModelBackend,
{
    pub fn open(
        recipe: &'a Recipe,
        coder: CoderRecipe,
        inter: Option<&'a InterRecipe>,
        device: &B::Device,
    ) -> Result<Self, TrainingError> {
        let inter = match inter {
            None => None,
            Some(inter) => {
                let codec = HybridCodec::from_weights(&read_weights(&inter.key)?, device)?;
                Some(Inter {
                    recipe: inter,
                    key: codec.network().key,
                    codec,
                })
            }
        };
        let start = match (&recipe.start, &inter) {
            (Some(start), None) => Some(HybridCodec::from_weights(&read_weights(start)?, device)?),
            _ => None,
        };
        Ok(Self {
            recipe,
            config: coder.config(inter.is_some()),
            inter,
            start,
            dataset: Arc::new(SequenceDataset::open(&recipe.data, recipe.seed)?),
            loss: RateDistortionLoss::new(recipe.loss),
        })
    }

    /// Frames of a sequence.
    fn length(&self) -> usize {
        1 + self.inter.as_ref().map_or(0, |inter| inter.recipe.unroll)
    }

    /// Loss and statistics of one coded frame of each sequence.
    fn frame_loss(
        &self,
        frames: FrameTensors<B>,
        reconstruction: FrameTensors<B>,
        bits: Tensor<B, 1>,
        qualities: &[Quality],
        side: usize,
    ) -> BatchLoss<B> {
        let bits_per_pixel = bits / (side * side) as f64;
        let squared = frame_squared_error(frames.clone(), reconstruction.clone());
        let distortion = match self.recipe.loss.distortion {
            Distortion::Mixed => frame_mixed_error(frames, reconstruction),
            _ => squared.clone(),
        };
        let loss = self
            .loss
            .combine(distortion, bits_per_pixel.clone(), qualities);
        BatchLoss {
            loss,
            bits_per_pixel: bits_per_pixel.mean(),
            squared_error: squared.mean() / (255.0 * 255.0),
            codebooks: Vec::new(),
        }
    }
}

impl<B> Task<B> for FrameTask<'_, B>
where
    B: AutodiffBackend + ModelBackend,
    B::InnerBackend: ModelBackend,
{
    type Network = FrameCoder<B>;
    type Batch = SequenceBatch;

    fn init(&self, device: &B::Device) -> Result<FrameCoder<B>, TrainingError> {
        self.config.validate()?;
        Ok(self.config.init(device))
    }

    fn load(
        &self,
        file: &WeightsFile,
        device: &B::Device,
    ) -> Result<Option<FrameCoder<B::InnerBackend>>, TrainingError> {
        let codec = HybridCodec::from_weights(file, device)?;
        let network = codec.network();
        let (config, coder) = match &self.inter {
            None => (Some(&codec.config().key), Some(network.key)),
            Some(_) => (codec.config().inter.as_ref(), network.inter),
        };
        let same = config == Some(&self.config);
        Ok(coder.filter(|_| same).map(FrameCoder::thaw))
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
        let length = self.length();
        move |step| dataset.batch(step, sequences, side, length)
    }

    fn loss(
        &self,
        network: &FrameCoder<B>,
        batch: SequenceBatch,
        device: &B::Device,
    ) -> Result<BatchLoss<B>, TrainingError> {
        let side = batch.side;
        let Some(inter) = &self.inter else {
            let frames = to_tensors::<B>(&batch.frames[0], side, device);
            let output =
                network.forward(frames.clone(), None, &batch.qualities, Quantization::Noise);
            let (decoded, bits) = (output.reconstruction, output.bits);
            return Ok(self.frame_loss(frames, decoded, bits, &batch.qualities, side));
        };
        let mut random = ChaCha8Rng::seed_from_u64(batch.seed);
        let mut drawn = |from: i16, to: i16| -> Vec<Quality> {
            let qualities = batch.qualities.iter();
            qualities
                .map(|&quality| moved(quality, random.random_range(from..=to)))
                .collect()
        };
        let first = to_tensors::<B::InnerBackend>(&batch.frames[0], side, device);
        let qualities = drawn(0, inter.recipe.key_above.into());
        let key = inter
            .key
            .forward(first, None, &qualities, Quantization::Round);
        let mut reference = to_pictures(key.reconstruction);
        let mut last_residual = None;
        let mut losses = Vec::new();
        let mut weight = 1.0;
        for samples in &batch.frames[1..] {
            let spread = i16::from(inter.recipe.quality_spread);
            let qualities = drawn(-spread, spread);
            let predicted = predict(samples, &reference, &qualities, side);
            let frames = to_tensors::<B>(samples, side, device);
            let prediction = Prediction {
                frames: to_tensors::<B>(&predicted, side, device),
                last_residual: last_residual.map(Tensor::from_inner),
            };
            let output = network.forward(
                frames.clone(),
                Some(prediction),
                &qualities,
                inter.recipe.rates,
            );
            let decoded = output.reconstruction;
            reference = to_pictures(FrameTensors {
                luma: decoded.luma.clone().inner(),
                chroma: decoded.chroma.clone().inner(),
            });
            last_residual = Some(output.residual.inner());
            losses.push((
                weight,
                self.frame_loss(frames, decoded, output.bits, &qualities, side),
            ));
            weight *= WEIGHT_GROWTH;
        }
        Ok(weighted_mean(losses))
    }

    fn freeze(
        &self,
        average: FrameCoder<B::InnerBackend>,
        qualities: &[Quality],
        device: &B::Device,
    ) -> Result<(WeightsFile, Vec<ValidationPoint>), TrainingError> {
        let config = self.config.clone();
        let key_above = self.inter.as_ref().map(|inter| inter.recipe.key_above);
        let videos = fitting_videos(&self.dataset, key_above)?;
        let codec = match &self.inter {
            Some(inter) => inter.codec.clone().with_inter(config, average),
            None => {
                let config = HybridConfig::new().with_key(config).with_inter(None);
                let network = HybridNetwork {
                    key: average,
                    inter: None,
                    restoration: None,
                };
                HybridCodec::freeze(config, network)
            }
        };
        let codec = codec.fitted_to(&videos, device)?;
        let codec = match &self.start {
            Some(start) => start.clone().with_keyframes_of(&codec),
            None => codec,
        };
        let points = match &self.recipe.validation {
            Some(validation) => validate_clips(&codec, validation, qualities, device)?,
            None => Vec::new(),
        };
        Ok((codec.to_weights(&self.recipe.name), points))
    }
}

/// A quality some levels above another, or the nearest that there is.
pub(super) fn moved(quality: Quality, levels: i16) -> Quality {
    let level = i16::from(quality.level()) + levels;
    let level = level.clamp(0, i16::from(QUALITY_LEVELS) - 1);
    Quality::new(level as u8).expect("clamped")
}

fn weighted_mean<B: AutodiffBackend>(losses: Vec<(f64, BatchLoss<B>)>) -> BatchLoss<B> {
    let total: f64 = losses.iter().map(|(weight, _)| weight).sum();
    losses
        .into_iter()
        .map(|(weight, loss)| BatchLoss {
            loss: loss.loss * (weight / total),
            bits_per_pixel: loss.bits_per_pixel * (weight / total),
            squared_error: loss.squared_error * (weight / total),
            codebooks: Vec::new(),
        })
        .reduce(|a, b| BatchLoss {
            loss: a.loss + b.loss,
            bits_per_pixel: a.bits_per_pixel + b.bits_per_pixel,
            squared_error: a.squared_error + b.squared_error,
            codebooks: Vec::new(),
        })
        .expect("sequences have a second frame")
}

fn to_tensors<B: ModelBackend>(
    samples: &FrameSamples,
    side: usize,
    device: &B::Device,
) -> FrameTensors<B> {
    let count = samples.luma.len() / (side * side);
    let luma = TensorData::new(samples.luma.clone(), [count, 1, side, side]);
    let chroma = TensorData::new(samples.chroma.clone(), [count, 2, side / 2, side / 2]);
    FrameTensors {
        luma: Tensor::from_data(luma, device),
        chroma: Tensor::from_data(chroma, device),
    }
}

/// Decoded frames as decoders put them out.
fn to_pictures<B: ModelBackend>(frames: FrameTensors<B>) -> Vec<Yuv420Picture> {
    let [count, _, height, width] = frames.luma.dims();
    let host = |tensor: Tensor<B, 4>| {
        let values = tensor.into_data().convert::<f32>().to_vec::<f32>();
        values.expect("converted to f32")
    };
    let samples = FrameSamples {
        luma: host(frames.luma),
        chroma: host(frames.chroma),
    };
    (0..count)
        .map(|index| samples.picture(index, width, height))
        .collect()
}

/// Motion-compensated predictions of frames.
fn predict(
    samples: &FrameSamples,
    references: &[Yuv420Picture],
    qualities: &[Quality],
    side: usize,
) -> FrameSamples {
    let numbered = references.par_iter().enumerate();
    let pictures: Vec<Yuv420Picture> = numbered
        .map(|(index, reference)| {
            let current = samples.picture(index, side, side);
            let search = MotionSearch::at_quality(qualities[index]);
            let field = search.estimate(&current.planes[0], &reference.planes[0], 255);
            compensate(reference, &field)
        })
        .collect();
    let mut predicted = FrameSamples::default();
    let level = |&sample: &u16| f32::from(sample) - 128.0;
    for picture in &pictures {
        let [luma, blue, red] = &picture.planes;
        predicted.luma.extend(luma.samples().iter().map(level));
        let chroma = blue.samples().iter().chain(red.samples());
        predicted.chroma.extend(chroma.map(level));
    }
    predicted
}
