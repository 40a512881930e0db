use std::fmt;
use std::sync::Arc;

use aivc_entropy::{Family, StreamHeader};
use aivc_models::families::PictureCodec;
use aivc_models::families::hybrid::HybridCodec;
use aivc_models::families::hyperprior3d::Hyperprior3dCodec;
use aivc_models::layers::check_device;
use aivc_models::weights::{WeightsFile, WeightsHash};

use super::find_weights::find_among;
use super::{
    BUILTIN_MODELS, Backend, BuiltinModel, FrameCodec, GroupFrameCodec, HybridFrameCodec,
    ModelError, PictureFrameCodec,
};

/// Weights on a backend, ready to code. Cheap to clone; sessions share it.
#[derive(Clone)]
pub struct Model {
    name: String,
    family: Family,
    hash: WeightsHash,
    backend: Backend,
    codec: Arc<dyn FrameCodec>,
}

impl Model {
    /// The default model on the default backend.
    ///
    /// # Errors
    /// [`ModelError::BackendMissing`] in a build without any backend.
    pub fn default_model() -> Result<Self, ModelError> {
        Self::builtin(&BUILTIN_MODELS[0], Backend::default())
    }

    /// A model that is part of the library.
    ///
    /// # Errors
    /// [`ModelError::BackendMissing`].
    pub fn builtin(model: &BuiltinModel, backend: Backend) -> Result<Self, ModelError> {
        Self::from_weights(&WeightsFile::from_bytes(model.weights)?, backend)
    }

    /// A built-in model by name, or else a weights file by path.
    ///
    /// # Errors
    /// [`ModelError::UnknownModel`] if it is neither, and whatever is wrong with the file.
    pub fn find(name: &str, backend: Backend) -> Result<Self, ModelError> {
        Self::from_weights(&find_among(name, BUILTIN_MODELS.iter())?.weights, backend)
    }

    /// The built-in model that a stream was coded with.
    ///
    /// # Errors
    /// [`ModelError::WeightsNeeded`], with name and hash, if it is not built in.
    pub fn for_stream(header: &StreamHeader, backend: Backend) -> Result<Self, ModelError> {
        let hash = WeightsHash::from_bytes(header.weights_hash);
        for builtin in BUILTIN_MODELS {
            let weights = WeightsFile::from_bytes(builtin.weights)?;
            if weights.hash() == hash {
                return Self::from_weights(&weights, backend);
            }
        }
        Err(ModelError::WeightsNeeded {
            name: header.model_name.clone(),
            hash,
        })
    }

    /// A model from a weights file that is in memory, on a device that proves first that it
    /// computes exactly.
    ///
    /// # Errors
    /// [`ModelError::Weights`], [`ModelError::BackendMissing`] and [`ModelError::Device`].
    #[allow(
        unreachable_code,
        unused_variables,
        reason = "a build without any backend only refuses"
    )]
    pub fn from_weights(weights: &WeightsFile, backend: Backend) -> Result<Self, ModelError> {
        let (family, codec) = match backend {
            #[cfg(feature = "flex")]
            Backend::Flex => load::<burn::backend::Flex>(weights, backend)?,
            #[cfg(feature = "ndarray")]
            Backend::NdArray => load::<burn::backend::NdArray>(weights, backend)?,
            #[cfg(feature = "cuda")]
            Backend::Cuda => load::<burn::backend::Cuda>(weights, backend)?,
            #[cfg(feature = "vulkan")]
            Backend::Vulkan => load::<burn::backend::Vulkan>(weights, backend)?,
            #[cfg(feature = "wgpu")]
            Backend::Wgpu => load::<burn::backend::Wgpu>(weights, backend)?,
            #[allow(unreachable_patterns, reason = "reachable unless all features are on")]
            backend => return Err(ModelError::BackendMissing { backend }),
        };
        Ok(Self {
            name: weights.name().to_owned(),
            family,
            hash: weights.hash(),
            backend,
            codec,
        })
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The codec family.
    pub fn family(&self) -> Family {
        self.family
    }

    /// The content hash of the weights, which streams name.
    pub fn hash(&self) -> WeightsHash {
        self.hash
    }

    /// Where it computes.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// The codec of single frames behind it.
    pub fn frame_codec(&self) -> &dyn FrameCodec {
        &*self.codec
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("name", &self.name)
            .field("hash", &self.hash)
            .field("backend", &self.backend)
            .finish_non_exhaustive()
    }
}

#[allow(dead_code, reason = "unused in a build without any backend")]
fn load<B>(
    weights: &WeightsFile,
    backend: Backend,
) -> Result<(Family, Arc<dyn FrameCodec>), ModelError>
where
    B: aivc_models::ModelBackend,
    PictureFrameCodec<B>: FrameCodec,
    HybridFrameCodec<B>: FrameCodec,
    GroupFrameCodec<B>: FrameCodec,
{
    let device = B::Device::default();
    check_device::<B>(&device).map_err(|source| ModelError::Device { backend, source })?;
    if weights.family() == "hybrid" {
        let codec = HybridCodec::<B>::from_weights(weights, &device)?;
        return Ok((
            Family::Hybrid,
            Arc::new(HybridFrameCodec::new(codec, device)),
        ));
    }
    if weights.family() == "hyperprior3d" {
        let codec = Hyperprior3dCodec::<B>::from_weights(weights, &device)?;
        return Ok((
            Family::Hyperprior3d,
            Arc::new(GroupFrameCodec::new(codec, device)),
        ));
    }
    let codec = PictureCodec::<B>::from_weights(weights, &device)?;
    Ok((
        codec.family(),
        Arc::new(PictureFrameCodec::new(codec, device)),
    ))
}
