//! Learning from a larger model, beside the pictures themselves.

use std::path::Path;

use aivc_models::ModelBackend;
use aivc_models::families::PictureCodec;
use aivc_models::layers::Quality;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::TrainingError;
use crate::model::find_weights;

/// A larger model that the trained one learns from (Hinton, Vinyals, Dean, "Distilling the Knowledge in a
/// Neural Network", 2015): a part of the distortion is measured against what the teacher decodes at the same
/// quality, in the place of the original.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistillationRecipe {
    /// A built-in model, or a weights file, of a family that codes single pictures in RGB.
    pub teacher: String,
    /// Which share of the distortion, above 0 and up to 1.
    pub share: f64,
}

impl DistillationRecipe {
    /// Whether a run with this may go on with `other`: folders may differ between machines.
    pub(super) fn continues(&self, other: &Self) -> bool {
        let name = |recipe: &Self| {
            Path::new(&recipe.teacher)
                .file_name()
                .map(ToOwned::to_owned)
        };
        self.share == other.share && name(self) == name(other)
    }
}

/// A frozen model, and how much of the distortion is its business.
pub(super) struct Teacher<B: ModelBackend> {
    codec: PictureCodec<B>,
    pub share: f64,
}

impl<B: ModelBackend> Teacher<B> {
    /// # Errors
    /// [`TrainingError`] for a model that is not there or codes no single pictures in RGB.
    pub fn open(recipe: &DistillationRecipe, device: &B::Device) -> Result<Self, TrainingError> {
        let weights = find_weights(&recipe.teacher)?.weights;
        Ok(Self {
            codec: PictureCodec::from_weights(&weights, device)?,
            share: recipe.share,
        })
    }

    /// What the teacher makes of pictures.
    ///
    /// # Shapes
    /// `[batch, 3, height, width]`, values from 0 to 1; one quality each.
    ///
    /// # Errors
    /// [`TrainingError::Codec`], which means a damaged table set.
    pub fn decoded(
        &self,
        pictures: Tensor<B, 4>,
        qualities: &[Quality],
    ) -> Result<Tensor<B, 4>, TrainingError> {
        Ok(self.codec.decoded(pictures, qualities)?)
    }
}
