//! Models with fewer channels, by what these carry on pictures.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use aivc_models::ModelBackend;
use aivc_models::families::PictureCodec;
use aivc_models::layers::Quality;
use aivc_models::pruning::{ChannelImportance, PruningError, Widths};
use aivc_models::weights::WeightsFile;
use thiserror::Error;

use super::rgb_tensors::picture_tensor;
use super::{Backend, ModelError};
use crate::video::{ReaderOptions, VideoError, open_reader, picture_paths};

/// Qualities that channels are judged at: few bits, some, and many.
const LEVELS: [u8; 3] = [8, 32, 56];
/// More pictures would hardly change the order of channels.
const MOST_PICTURES: usize = 24;

/// How small a model is to become.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PruneTarget {
    /// A share of the channels of each kind, above 0 and below 1.
    Share(f64),
    /// A decoder of at most so many thousands of multiplications a pixel, with the same share of channels of
    /// each kind.
    DecoderKmac(f64),
    /// So many channels of each kind.
    Widths(Widths),
}

/// Why a model was not pruned.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PruneError {
    /// There is nothing to judge channels on.
    #[error("{}: no PNG or JPEG picture found there", folder.display())]
    NoPictures {
        /// The folder.
        folder: PathBuf,
    },
    /// A picture that cannot be read.
    #[error(transparent)]
    Video(#[from] VideoError),
    /// A model that cannot be loaded, or a picture that cannot be converted.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A target that cannot be met, or a family that is not pruned.
    #[error(transparent)]
    Pruning(#[from] PruningError),
    /// The observer asked to stop.
    #[error("cancelled")]
    Cancelled,
}

/// A smaller model of the channels that carry most on the pictures of a folder: up to 24 of them, spread over
/// it, at three qualities. It is to be trained further (`start` in a recipe).
///
/// The observer is called after each picture, with how many are done and how many there are.
///
/// # Errors
/// [`PruneError`].
#[allow(unused_variables, reason = "unused in a build without any backend")]
pub fn prune(
    weights: &WeightsFile,
    target: PruneTarget,
    folder: &Path,
    backend: Backend,
    observer: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<WeightsFile, PruneError> {
    let all = Widths::of(weights)?;
    let widths = match target {
        PruneTarget::Share(share) => all.share(share)?,
        PruneTarget::DecoderKmac(kmac) => all.for_decoder_kmac(weights, kmac)?,
        PruneTarget::Widths(widths) => widths,
    };
    widths.check(&all)?;
    let paths = picture_paths(folder)?;
    if paths.is_empty() {
        return Err(PruneError::NoPictures {
            folder: folder.to_owned(),
        });
    }
    let step = paths.len().div_ceil(MOST_PICTURES);
    let paths: Vec<_> = paths.into_iter().step_by(step).collect();
    let importance: Result<ChannelImportance, PruneError> = match backend {
        #[cfg(feature = "flex")]
        Backend::Flex => judge::<burn::backend::Flex>(weights, &paths, observer),
        #[cfg(feature = "ndarray")]
        Backend::NdArray => judge::<burn::backend::NdArray>(weights, &paths, observer),
        #[cfg(feature = "cuda")]
        Backend::Cuda => judge::<burn::backend::Cuda>(weights, &paths, observer),
        #[cfg(feature = "vulkan")]
        Backend::Vulkan => judge::<burn::backend::Vulkan>(weights, &paths, observer),
        #[cfg(feature = "wgpu")]
        Backend::Wgpu => judge::<burn::backend::Wgpu>(weights, &paths, observer),
        #[allow(unreachable_patterns, reason = "reachable unless all features are on")]
        backend => Err(ModelError::BackendMissing { backend }.into()),
    };
    Ok(importance?.prune(weights, &widths)?)
}

#[allow(dead_code, reason = "unused in a build without any backend")]
fn judge<B: ModelBackend>(
    weights: &WeightsFile,
    paths: &[PathBuf],
    observer: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<ChannelImportance, PruneError> {
    let device = B::Device::default();
    let codec = PictureCodec::<B>::from_weights(weights, &device).map_err(ModelError::from)?;
    let mut importance = ChannelImportance::new();
    for (done, path) in paths.iter().enumerate() {
        let mut reader = open_reader(path, &ReaderOptions::default())?;
        if let Some(frame) = reader.next_frame()? {
            let picture = picture_tensor::<B>(&frame, &device)?;
            for level in LEVELS {
                let quality = Quality::new(level).expect("levels of the format");
                importance.add(&codec, picture.clone(), quality)?;
            }
        }
        if observer(done as u64 + 1, paths.len() as u64).is_break() {
            return Err(PruneError::Cancelled);
        }
    }
    Ok(importance)
}
