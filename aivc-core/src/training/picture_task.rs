use std::sync::Arc;

use aivc_models::ModelBackend;
use aivc_models::families::vqvae::CodebookStatistics;
use aivc_models::families::{PictureCodec, TrainableNetwork};
use aivc_models::layers::Quality;
use aivc_models::losses::{RateDistortionLoss, mean_squared_error};
use aivc_models::weights::WeightsFile;
use burn::tensor::backend::AutodiffBackend;
use burn::tensor::{Tensor, TensorData};

use super::data::Batch;
use super::distillation::Teacher;
use super::task::{BatchLoss, Task};
use super::{Dataset, Recipe, TrainingError, ValidationPoint, validate};

/// Training of the families that code pictures by themselves, in RGB.
pub(super) struct PictureTask<'a, B, M>
where
    B: AutodiffBackend + ModelBackend,
    B::InnerBackend: ModelBackend,
    M: TrainableNetwork<B>,
{
    recipe: &'a Recipe,
    config: M::Config,
    dataset: Arc<Dataset>,
    loss: RateDistortionLoss,
    teacher: Option<Teacher<B::InnerBackend>>,
}

impl<'a, B, M> PictureTask<'a, B, M>
where
    B: AutodiffBackend + ModelBackend,
    B::InnerBackend: ModelBackend,
    M: TrainableNetwork<B>,
{
    pub fn open(
        recipe: &'a Recipe,
        config: M::Config,
        device: &B::Device,
    ) -> Result<Self, TrainingError> {
        let teacher = recipe.distillation.as_ref();
        let teacher = teacher.map(|teacher| Teacher::open(teacher, device));
        Ok(Self {
            recipe,
            config,
            dataset: Arc::new(Dataset::open(&recipe.data, recipe.seed)?),
            loss: RateDistortionLoss::new(recipe.loss),
            teacher: teacher.transpose()?,
        })
    }
}

impl<B, M> Task<B> for PictureTask<'_, B, M>
where
    B: AutodiffBackend + ModelBackend,
    B::InnerBackend: ModelBackend,
    M: TrainableNetwork<B>,
{
    type Network = M;
    type Batch = Batch;

    fn init(&self, device: &B::Device) -> Result<M, TrainingError> {
        Ok(M::init(&self.config, device)?)
    }

    fn load(
        &self,
        file: &WeightsFile,
        device: &B::Device,
    ) -> Result<Option<M::InnerModule>, TrainingError> {
        Ok(M::load(&self.config, file, device)?)
    }

    fn source_sizes(&self) -> Vec<usize> {
        self.dataset.sizes()
    }

    fn batches(&self) -> impl Fn(u64) -> Result<Batch, TrainingError> + Clone + Send + 'static {
        let dataset = self.dataset.clone();
        let optimization = &self.recipe.optimization;
        let (pictures, side) = (optimization.part(), optimization.crop);
        move |step| dataset.batch(step, pictures, side)
    }

    fn loss(
        &self,
        network: &M,
        batch: Batch,
        device: &B::Device,
    ) -> Result<BatchLoss<B>, TrainingError> {
        let Batch {
            pixels,
            qualities,
            side,
            ..
        } = batch;
        let pictures = Tensor::<B, 4>::from_data(
            TensorData::new(pixels, [qualities.len(), 3, side, side]),
            device,
        );
        let output = network.forward_training(&self.config, pictures.clone(), &qualities);
        let bits_per_pixel = output.bits / (side * side) as f64;
        let squared_error =
            mean_squared_error(pictures.clone(), output.reconstruction.clone()).mean();
        let against = |target: Tensor<B, 4>| {
            let decoded = output.reconstruction.clone();
            self.loss
                .forward(target, decoded, bits_per_pixel.clone(), &qualities)
        };
        let mut loss = against(pictures.clone());
        if let Some(teacher) = &self.teacher {
            // The rate is the same in both, so that it keeps its whole weight.
            let shown = teacher.decoded(pictures.inner(), &qualities)?;
            let distilled = against(Tensor::from_inner(shown));
            loss = loss * (1.0 - teacher.share) + distilled * teacher.share;
        }
        if let Some(commitment) = output.commitment {
            let no_bits = commitment.zeros_like();
            let commitment = commitment * (255.0 * 255.0);
            loss = loss + self.loss.combine(commitment, no_bits, &qualities);
        }
        Ok(BatchLoss {
            loss,
            bits_per_pixel: bits_per_pixel.mean(),
            squared_error,
            codebooks: output.codebooks,
        })
    }

    fn after_step(&self, network: M, codebooks: &[CodebookStatistics], turn: usize) -> M {
        network.with_codebooks_updated(codebooks, turn)
    }

    fn perplexities(&self, network: &M) -> Vec<f64> {
        network.perplexities()
    }

    fn freeze(
        &self,
        average: M::InnerModule,
        qualities: &[Quality],
        device: &B::Device,
    ) -> Result<(WeightsFile, Vec<ValidationPoint>), TrainingError> {
        let codec: PictureCodec<B::InnerBackend> = M::freeze(&self.config, average);
        let points = match &self.recipe.validation {
            Some(validation) => validate(&codec, &validation.pictures, qualities, device)?,
            None => Vec::new(),
        };
        Ok((codec.to_weights(&self.recipe.name), points))
    }
}
