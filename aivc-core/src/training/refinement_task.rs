use std::path::Path;
use std::sync::Arc;

use aivc_models::ModelBackend;
use aivc_models::layers::Quality;
use aivc_models::losses::{mean_squared_error, ms_ssim};
use aivc_models::perceptual::Lpips;
use aivc_models::refinement::{AdversarialRefinement, RefinementConfig, RefinementModel};
use aivc_models::weights::WeightsFile;
use burn::module::Module;
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::{Tensor, TensorData};

use super::coded_pictures::{CodedBatch, CodedPictures};
use super::data::Picture;
use super::refinement_recipe::RefinementRecipe;
use super::task::{BatchLoss, Task};
use super::validation::{empty_point, pictures, planar_bytes, psnr};
use super::{Dataset, Recipe, TrainingError, ValidationPoint};
use crate::color::to_rgb_f32;
use crate::frame::FrameFormat;
use crate::metrics::LpipsLoadError;
use crate::model::{FrameRefinement, NetworkRefinement, ShownSize};

/// What no picture's error counts as less than: that of rounding to 8 bits, and of an MS-SSIM that
/// nobody sees. Flat crops, which codecs keep as they are, would weigh more than all others.
const LEAST_SQUARED_ERROR: f64 = 0.25 / (255.0 * 255.0);
const LEAST_DISSIMILARITY: f64 = 1e-3;
const LEAST_DISTANCE: f64 = 1e-2;

/// Training of a refinement on the pictures of frozen codecs.
pub(super) struct RefinementTask<'a, B: Backend> {
    recipe: &'a Recipe,
    refinement: &'a RefinementRecipe,
    config: RefinementConfig,
    pictures: CodedPictures,
    lpips: Option<(Lpips<B>, f64)>,
}

impl<'a, B: Backend> RefinementTask<'a, B> {
    pub fn open(
        recipe: &'a Recipe,
        config: RefinementConfig,
        refinement: &'a RefinementRecipe,
        device: &B::Device,
    ) -> Result<Self, TrainingError> {
        config.validate()?;
        let dataset = Arc::new(Dataset::open(&recipe.data, recipe.seed)?);
        let size = match config.scale {
            1 => ShownSize::AsDecoded,
            _ => ShownSize::Twice,
        };
        let lpips = refinement.objective.lpips.as_ref().map(|lpips| {
            let path = &lpips.weights;
            let bytes = std::fs::read(path).map_err(TrainingError::io(path))?;
            let network = Lpips::from_safetensors(&bytes, device).map_err(|source| {
                LpipsLoadError::Weights {
                    path: path.clone(),
                    source,
                }
            })?;
            Ok::<_, TrainingError>((network, lpips.weight))
        });
        Ok(Self {
            recipe,
            refinement,
            pictures: CodedPictures::open(dataset, &refinement.codecs, size)?,
            config,
            lpips: lpips.transpose()?,
        })
    }

    /// The parts of the loss that compare a picture with its original, `[1]`.
    fn fidelity(
        &self,
        originals: &Tensor<B, 4>,
        refined: &Tensor<B, 4>,
        base: &Tensor<B, 4>,
    ) -> Tensor<B, 1> {
        let objective = &self.refinement.objective;
        let part = |weight: f64, least: f64, distance: &dyn Fn(Tensor<B, 4>) -> Tensor<B, 1>| {
            let without = distance(base.clone()).detach().clamp_min(least);
            (distance(refined.clone()) / without).mean() * weight
        };
        let mut loss = part(objective.squared_error, LEAST_SQUARED_ERROR, &|picture| {
            mean_squared_error(originals.clone(), picture)
        });
        if objective.ms_ssim > 0.0 {
            let dissimilarity = |picture| -ms_ssim(originals.clone(), picture) + 1.0;
            loss = loss + part(objective.ms_ssim, LEAST_DISSIMILARITY, &dissimilarity);
        }
        if let Some((lpips, weight)) = &self.lpips {
            let distance = |picture| lpips.forward(originals.clone(), picture);
            loss = loss + part(*weight, LEAST_DISTANCE, &distance);
        }
        loss
    }
}

impl<B> Task<B> for RefinementTask<'_, B>
where
    B: AutodiffBackend + ModelBackend,
    B::InnerBackend: ModelBackend,
    Lpips<B>: Sync,
    NetworkRefinement<B::InnerBackend>: FrameRefinement,
{
    type Network = AdversarialRefinement<B>;
    type Batch = CodedBatch;

    fn init(&self, device: &B::Device) -> Result<AdversarialRefinement<B>, TrainingError> {
        Ok(AdversarialRefinement::init(&self.config, device))
    }

    /// The file's refinement with a fresh discriminator.
    fn load(
        &self,
        file: &WeightsFile,
        device: &B::Device,
    ) -> Result<Option<AdversarialRefinement<B::InnerBackend>>, TrainingError> {
        let model = RefinementModel::<B::InnerBackend>::from_weights(file, device)?;
        let same = *model.config() == self.config;
        let fresh = AdversarialRefinement::init(&self.config, device);
        Ok(same.then(|| AdversarialRefinement {
            refinement: model.network().clone(),
            ..fresh
        }))
    }

    fn source_sizes(&self) -> Vec<usize> {
        self.pictures.source_sizes()
    }

    fn batches(
        &self,
    ) -> impl Fn(u64) -> Result<CodedBatch, TrainingError> + Clone + Send + 'static {
        let pictures = self.pictures.clone();
        let optimization = &self.recipe.optimization;
        let (count, side) = (optimization.part(), optimization.crop);
        move |number| pictures.batch(number, count, side)
    }

    fn loss(
        &self,
        network: &AdversarialRefinement<B>,
        batch: CodedBatch,
        device: &B::Device,
    ) -> Result<BatchLoss<B>, TrainingError> {
        let CodedBatch {
            originals,
            decoded,
            bits_per_pixel,
        } = batch;
        let (count, side) = (originals.qualities.len(), originals.side);
        let tensor = |values: Vec<f32>, side: usize| {
            Tensor::<B, 4>::from_data(TensorData::new(values, [count, 3, side, side]), device)
        };
        let step = originals.step / self.recipe.optimization.threads as u64;
        let qualities = originals.qualities;
        let originals = tensor(originals.pixels, side);
        let decoded = tensor(decoded, side / self.config.scale);
        let base = network.refinement.base(decoded.clone());
        let refined = base.clone() + network.refinement.residual(decoded, &qualities);
        let mut loss = self.fidelity(&originals, &refined, &base);
        let adversarial = self.refinement.objective.adversarial;
        if let Some(weight) = adversarial.and_then(|recipe| recipe.weight_at(step)) {
            let losses = network.losses(originals.clone(), refined.clone(), base);
            loss = loss + losses.refinement * weight + losses.discriminator;
        }
        Ok(BatchLoss {
            loss,
            bits_per_pixel: Tensor::<B, 1>::from_floats(bits_per_pixel.as_slice(), device).mean(),
            squared_error: mean_squared_error(originals, refined).mean(),
            codebooks: Vec::new(),
        })
    }

    fn freeze(
        &self,
        average: AdversarialRefinement<B::InnerBackend>,
        qualities: &[Quality],
        device: &B::Device,
    ) -> Result<(WeightsFile, Vec<ValidationPoint>), TrainingError> {
        let model = RefinementModel::freeze(self.config.clone(), average.refinement.no_grad());
        let weights = model.to_weights(&self.recipe.name);
        let refinement = NetworkRefinement::new(model, device.clone());
        let points = match &self.recipe.validation {
            Some(validation) => {
                validate_refined(&self.pictures, &refinement, &validation.pictures, qualities)?
            }
            None => Vec::new(),
        };
        Ok((weights, points))
    }
}

/// Codes every picture of a folder at every quality and refines it; PSNRs are those of the refined
/// pictures.
fn validate_refined(
    coded: &CodedPictures,
    refinement: &dyn FrameRefinement,
    folder: &Path,
    qualities: &[Quality],
) -> Result<Vec<ValidationPoint>, TrainingError> {
    let paths = pictures(folder)?;
    let mut points: Vec<_> = qualities
        .iter()
        .map(|&quality| empty_point(quality))
        .collect();
    let share = 1.0 / paths.len() as f64;
    for path in &paths {
        let bytes = std::fs::read(path).map_err(TrainingError::io(path))?;
        let picture = Picture::decode(&bytes).map_err(|source| TrainingError::Picture {
            name: path.display().to_string(),
            source,
        })?;
        let (width, height) = (picture.width, picture.height);
        let original = planar_bytes(&picture.pixels);
        let values: Vec<f32> = original.iter().map(|&v| f32::from(v) / 255.0).collect();
        for (point, &quality) in points.iter_mut().zip(qualities) {
            let decoded = coded.code_first(&values, width, height, quality)?;
            let format = decoded.frame.format();
            let shown = FrameFormat::new(width, height, format.pixel_format(), format.bit_depth())?;
            let refined = refinement.refine(&decoded.frame, quality, shown)?;
            point.bits_per_pixel +=
                share * 8.0 * decoded.payload_bytes as f64 / (width * height) as f64;
            point.psnr += share * psnr(&original, &to_rgb_f32(&refined)?);
        }
    }
    Ok(points)
}
