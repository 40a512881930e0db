use std::sync::Arc;

use aivc_models::ModelBackend;
use aivc_models::layers::Quality;
use aivc_models::refinement::{RefinementConfig, RefinementModel};
use aivc_models::weights::WeightsFile;

use super::find_weights::find_among;
use super::frame_refinement::NetworkRefinement;
use super::{BUILTIN_REFINEMENTS, Backend, FrameRefinement, ModelError, ShownSize};
use crate::frame::{Frame, FrameFormat};

/// Name of the refinement that leaves frames as they are, or enlarges them without a network.
pub const PLAIN_REFINEMENT: &str = "plain";

/// A refinement network on a backend: what makes decoded frames look better, at their size or at
/// twice of it. Cheap to clone.
///
/// It computes in floats, so the frames shown may differ in their last bits between backends. What
/// a stream decodes to does not depend on it.
#[derive(Debug, Clone)]
pub struct Refiner {
    name: String,
    refinement: Arc<dyn FrameRefinement>,
}

/// Where a network's weights come from.
enum Source<'a> {
    File(&'a WeightsFile),
    Untrained(RefinementConfig),
}

impl Refiner {
    /// The built-in refinement for a size.
    ///
    /// # Errors
    /// [`ModelError::BackendMissing`].
    pub fn builtin(size: ShownSize, backend: Backend) -> Result<Self, ModelError> {
        Self::find(size.builtin_name(), backend)
    }

    /// The refinement for a size that goes by a name: a built-in one, a weights file, or
    /// [`PLAIN_REFINEMENT`] for [none](Self::plain).
    ///
    /// # Errors
    /// [`ModelError::RefinementSize`] if it is for the other size, and those of [`Self::find`].
    pub fn for_size(size: ShownSize, name: &str, backend: Backend) -> Result<Self, ModelError> {
        if name == PLAIN_REFINEMENT {
            return Self::plain(size, backend);
        }
        let refiner = Self::find(name, backend)?;
        if refiner.shown_size() != size {
            return Err(ModelError::RefinementSize {
                name: refiner.name,
                factor: refiner.refinement.shown_size().factor(),
                wanted: size.factor(),
            });
        }
        Ok(refiner)
    }

    /// A built-in refinement by name, or else a weights file by path.
    ///
    /// # Errors
    /// [`ModelError::UnknownModel`] if it is neither, and whatever is wrong with the file.
    pub fn find(name: &str, backend: Backend) -> Result<Self, ModelError> {
        Self::from_weights(
            &find_among(name, BUILTIN_REFINEMENTS.iter())?.weights,
            backend,
        )
    }

    /// The refinement that changes nothing, or enlarges by bicubic interpolation alone: what others
    /// are to be better than.
    ///
    /// # Errors
    /// [`ModelError::BackendMissing`].
    pub fn plain(size: ShownSize, backend: Backend) -> Result<Self, ModelError> {
        let config = RefinementConfig::new()
            .with_scale(size.factor())
            .with_hidden(1)
            .with_blocks(0);
        Ok(Self {
            name: PLAIN_REFINEMENT.to_owned(),
            refinement: on_backend(&Source::Untrained(config), backend)?,
        })
    }

    /// A refinement from a weights file that is in memory.
    ///
    /// # Errors
    /// [`ModelError::Weights`] and [`ModelError::BackendMissing`].
    pub fn from_weights(weights: &WeightsFile, backend: Backend) -> Result<Self, ModelError> {
        Ok(Self {
            name: weights.name().to_owned(),
            refinement: on_backend(&Source::File(weights), backend)?,
        })
    }

    /// The network's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FrameRefinement for Refiner {
    fn shown_size(&self) -> ShownSize {
        self.refinement.shown_size()
    }

    fn refine(
        &self,
        decoded: &Frame,
        quality: Quality,
        shown: FrameFormat,
    ) -> Result<Frame, ModelError> {
        self.refinement.refine(decoded, quality, shown)
    }
}

#[allow(
    unreachable_code,
    unused_variables,
    reason = "a build without any backend only refuses"
)]
fn on_backend(
    source: &Source<'_>,
    backend: Backend,
) -> Result<Arc<dyn FrameRefinement>, ModelError> {
    match backend {
        #[cfg(feature = "flex")]
        Backend::Flex => load::<burn::backend::Flex>(source),
        #[cfg(feature = "ndarray")]
        Backend::NdArray => load::<burn::backend::NdArray>(source),
        #[cfg(feature = "cuda")]
        Backend::Cuda => load::<burn::backend::Cuda>(source),
        #[cfg(feature = "vulkan")]
        Backend::Vulkan => load::<burn::backend::Vulkan>(source),
        #[cfg(feature = "wgpu")]
        Backend::Wgpu => load::<burn::backend::Wgpu>(source),
        #[allow(unreachable_patterns, reason = "reachable unless all features are on")]
        backend => Err(ModelError::BackendMissing { backend }),
    }
}

#[allow(dead_code, reason = "unused in a build without any backend")]
fn load<B>(source: &Source<'_>) -> Result<Arc<dyn FrameRefinement>, ModelError>
where
    B: ModelBackend,
    NetworkRefinement<B>: FrameRefinement + 'static,
{
    let device = B::Device::default();
    let model = match source {
        Source::File(weights) => RefinementModel::<B>::from_weights(weights, &device)?,
        Source::Untrained(config) => RefinementModel::freeze(config.clone(), config.init(&device)),
    };
    Ok(Arc::new(NetworkRefinement::new(model, device)))
}
