use std::ops::ControlFlow;

#[allow(unused_imports, reason = "unused in a build without any backend")]
use burn::backend::Autodiff;

use super::{Recipe, StartFrom, TrainingError, TrainingEvent, TrainingSummary};
use crate::model::{Backend, ModelError};

/// [`train`](super::train) on the default device of a backend chosen at run time.
///
/// # Errors
/// [`TrainingError`]; [`TrainingError::Backend`] if this build does not have the backend.
#[allow(unused_variables, reason = "unused in a build without any backend")]
pub fn train_on_backend(
    backend: Backend,
    recipe: &Recipe,
    start: StartFrom,
    observer: &mut dyn FnMut(TrainingEvent<'_>) -> ControlFlow<()>,
) -> Result<TrainingSummary, TrainingError> {
    #[allow(unused_macros, reason = "unused in a build without any backend")]
    macro_rules! train_on {
        ($backend:ty) => {
            super::train::<Autodiff<$backend>>(recipe, start, &Default::default(), observer)
        };
    }
    match backend {
        #[cfg(feature = "flex")]
        Backend::Flex => train_on!(burn::backend::Flex),
        #[cfg(feature = "ndarray")]
        Backend::NdArray => train_on!(burn::backend::NdArray),
        #[cfg(feature = "cuda")]
        Backend::Cuda => train_on!(burn::backend::Cuda),
        #[cfg(feature = "vulkan")]
        Backend::Vulkan => train_on!(burn::backend::Vulkan),
        #[cfg(feature = "wgpu")]
        Backend::Wgpu => train_on!(burn::backend::Wgpu),
        #[allow(unreachable_patterns, reason = "reachable unless all features are on")]
        backend => Err(ModelError::BackendMissing { backend }.into()),
    }
}
