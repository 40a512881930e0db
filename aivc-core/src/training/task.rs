use aivc_models::ModelBackend;
use aivc_models::families::vqvae::CodebookStatistics;
use aivc_models::layers::Quality;
use aivc_models::weights::WeightsFile;
use burn::module::AutodiffModule;
use burn::tensor::Tensor;
use burn::tensor::backend::AutodiffBackend;

use super::{TrainingError, ValidationPoint};

/// What is trained, on what, and to what end; [`super::trainer`] does the rest.
pub(super) trait Task<B>: Sized + Sync
where
    B: AutodiffBackend + ModelBackend,
    B::InnerBackend: ModelBackend,
{
    type Network: AutodiffModule<B>;
    type Batch: Send + 'static;

    /// A fresh network.
    fn init(&self, device: &B::Device) -> Result<Self::Network, TrainingError>;

    /// The network of a weights file; none if it has other sizes.
    fn load(
        &self,
        file: &WeightsFile,
        device: &B::Device,
    ) -> Result<Option<<Self::Network as AutodiffModule<B>>::InnerModule>, TrainingError>;

    /// Pictures, or clips, of each source.
    fn source_sizes(&self) -> Vec<usize>;

    /// A function that makes the part of a step's batch that one thread has, of its number alone, on
    /// any thread.
    fn batches(
        &self,
    ) -> impl Fn(u64) -> Result<Self::Batch, TrainingError> + Clone + Send + 'static;

    /// The loss of a batch.
    fn loss(
        &self,
        network: &Self::Network,
        batch: Self::Batch,
        device: &B::Device,
    ) -> Result<BatchLoss<B>, TrainingError>;

    /// The network after a step, with what its codebooks learn from the step's batches; `turn` counts
    /// the steps.
    fn after_step(
        &self,
        network: Self::Network,
        _codebooks: &[CodebookStatistics],
        _turn: usize,
    ) -> Self::Network {
        network
    }

    /// Effective number of codes in use, a stage; none without codebooks.
    fn perplexities(&self, _network: &Self::Network) -> Vec<f64> {
        Vec::new()
    }

    /// The weights file of averaged weights, and how good they are at these qualities with real
    /// streams; without qualities there is no measuring.
    fn freeze(
        &self,
        average: <Self::Network as AutodiffModule<B>>::InnerModule,
        qualities: &[Quality],
        device: &B::Device,
    ) -> Result<(WeightsFile, Vec<ValidationPoint>), TrainingError>;
}

/// The loss of a batch, and what it is made of.
pub(super) struct BatchLoss<B: AutodiffBackend> {
    /// What is minimized, `[1]`.
    pub loss: Tensor<B, 1>,
    /// Estimated bits per pixel, mean of the batch, `[1]`.
    pub bits_per_pixel: Tensor<B, 1>,
    /// Mean squared error of values from 0 to 1, mean of the batch, `[1]`.
    pub squared_error: Tensor<B, 1>,
    /// What codebooks are to learn from the batch, of families that have them.
    pub codebooks: Vec<CodebookStatistics>,
}
