use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aivc_models::perceptual;
pub use aivc_models::perceptual::{LPIPS_MIN_SIDE, LpipsError};
use burn::tensor::backend::Backend as TensorBackend;
use burn::tensor::{Tensor, TensorData};
use thiserror::Error;

use super::MetricError;
use super::error::check_formats;
use crate::color::to_rgb_f32;
use crate::frame::Frame;
use crate::model::{Backend, ModelError};

/// LPIPS with the weights of a file, on a backend. Cheap to clone.
///
/// See [`aivc_models::perceptual::Lpips`] for the network, its source and the file.
#[derive(Clone)]
pub struct Lpips {
    hash: String,
    network: Arc<dyn Network>,
}

/// Why there is no LPIPS.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LpipsLoadError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The file holds no such network.
    #[error("{}: {source}", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: LpipsError,
    },
    /// The backend is not there.
    #[error(transparent)]
    Backend(#[from] ModelError),
}

impl Lpips {
    /// Reads a safetensors file of the layout of the Python package `lpips`.
    ///
    /// # Errors
    /// [`LpipsLoadError`].
    pub fn load(path: &Path, backend: Backend) -> Result<Self, LpipsLoadError> {
        let bytes = fs::read(path).map_err(|source| LpipsLoadError::Io {
            path: path.to_owned(),
            source,
        })?;
        Self::from_bytes(&bytes, backend)?.map_err(|source| LpipsLoadError::Weights {
            path: path.to_owned(),
            source,
        })
    }

    #[allow(
        unreachable_code,
        unused_variables,
        reason = "a build without any backend only refuses"
    )]
    fn from_bytes(bytes: &[u8], backend: Backend) -> Result<Result<Self, LpipsError>, ModelError> {
        let network: Result<Arc<dyn Network>, LpipsError> = match backend {
            #[cfg(feature = "flex")]
            Backend::Flex => load::<burn::backend::Flex>(bytes),
            #[cfg(feature = "ndarray")]
            Backend::NdArray => load::<burn::backend::NdArray>(bytes),
            #[cfg(feature = "cuda")]
            Backend::Cuda => load::<burn::backend::Cuda>(bytes),
            #[cfg(feature = "vulkan")]
            Backend::Vulkan => load::<burn::backend::Vulkan>(bytes),
            #[cfg(feature = "wgpu")]
            Backend::Wgpu => load::<burn::backend::Wgpu>(bytes),
            #[allow(unreachable_patterns, reason = "reachable unless all features are on")]
            backend => return Err(ModelError::BackendMissing { backend }),
        };
        let hash = blake3::hash(bytes).to_hex().to_string();
        Ok(network.map(|network| Self { hash, network }))
    }

    /// Hash of the weights file.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The distance of two frames as RGB for display: 0 if they are equal, less is better; `None` for
    /// pictures smaller than [`LPIPS_MIN_SIDE`] on a side.
    ///
    /// # Errors
    /// [`MetricError`].
    pub fn distance(
        &self,
        reference: &Frame,
        distorted: &Frame,
    ) -> Result<Option<f64>, MetricError> {
        check_formats(reference, distorted)?;
        let (width, height) = (reference.width(), reference.height());
        if width.min(height) < LPIPS_MIN_SIDE {
            return Ok(None);
        }
        let pictures = [to_rgb_f32(reference)?, to_rgb_f32(distorted)?];
        Ok(Some(self.network.distance(pictures, [height, width])))
    }
}

impl fmt::Debug for Lpips {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lpips")
            .field("hash", &self.hash)
            .finish_non_exhaustive()
    }
}

/// A network whose backend is hidden.
trait Network: Send + Sync {
    /// Of planar RGB pictures of `[height, width]`.
    fn distance(&self, pictures: [Vec<f32>; 2], size: [usize; 2]) -> f64;
}

struct OnBackend<B: TensorBackend> {
    network: perceptual::Lpips<B>,
    device: B::Device,
}

impl<B> Network for OnBackend<B>
where
    B: TensorBackend,
    perceptual::Lpips<B>: Send + Sync,
    B::Device: Send + Sync,
{
    fn distance(&self, pictures: [Vec<f32>; 2], [height, width]: [usize; 2]) -> f64 {
        let [a, b] = pictures.map(|values| {
            let data = TensorData::new(values, [1, 3, height, width]);
            Tensor::<B, 4>::from_data(data, &self.device)
        });
        let distance = self.network.forward(a, b).into_data().convert::<f64>();
        distance.as_slice::<f64>().expect("converted to f64")[0]
    }
}

#[allow(dead_code, reason = "unused in a build without any backend")]
fn load<B>(bytes: &[u8]) -> Result<Arc<dyn Network>, LpipsError>
where
    B: TensorBackend,
    perceptual::Lpips<B>: Send + Sync,
    B::Device: Send + Sync,
{
    let device = B::Device::default();
    let network = perceptual::Lpips::from_safetensors(bytes, &device)?;
    Ok(Arc::new(OnBackend { network, device }))
}
