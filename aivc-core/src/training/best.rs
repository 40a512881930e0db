//! The best weights of a run, kept beside its last ones.

use std::fs;
use std::path::{Path, PathBuf};

use aivc_models::layers::Quality;
use aivc_models::losses::RateDistortionLoss;
use serde::{Deserialize, Serialize};

use super::{Recipe, TrainingError, ValidationPoint, write_whole};

/// The weights of a run that did best in a validation.
#[derive(Debug, Clone, PartialEq)]
pub struct BestWeights {
    /// Steps that they had.
    pub step: u64,
    /// Their cost, lower is better: the mean of `bits per pixel + λ·MSE` over the qualities, weighted as
    /// in training, of real streams and averaged weights.
    pub cost: f64,
    /// Their weights file.
    pub weights: PathBuf,
}

/// What lies beside the weights.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    step: u64,
    cost: f64,
}

impl BestWeights {
    /// The best weights in the output folder, if a validation left some.
    ///
    /// # Errors
    /// [`TrainingError`] if what lies there cannot be read.
    pub(super) fn load(recipe: &Recipe) -> Result<Option<Self>, TrainingError> {
        let path = record_path(recipe);
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&path).map_err(TrainingError::io(&path))?;
        let Record { step, cost } =
            serde_json::from_str(&text).map_err(|error| TrainingError::Checkpoint {
                path,
                message: error.to_string(),
            })?;
        let weights = weights_path(recipe);
        Ok(Some(Self {
            step,
            cost,
            weights,
        }))
    }

    /// Writes weights that are better than those before.
    pub(super) fn save(
        recipe: &Recipe,
        step: u64,
        cost: f64,
        bytes: &[u8],
    ) -> Result<Self, TrainingError> {
        let weights = weights_path(recipe);
        write_whole(&weights, bytes)?;
        let json = serde_json::to_vec(&Record { step, cost }).expect("plain data");
        write_whole(&record_path(recipe), &json)?;
        Ok(Self {
            step,
            cost,
            weights,
        })
    }

    /// Removes what an earlier run left in the output folder.
    pub(super) fn clear(recipe: &Recipe) {
        let _ = fs::remove_file(record_path(recipe));
        let _ = fs::remove_file(weights_path(recipe));
    }
}

/// Cost of a validation; none without points, and for models trained for MS-SSIM, which validations do
/// not measure.
pub(super) fn cost(recipe: &Recipe, points: &[ValidationPoint]) -> Option<f64> {
    if points.is_empty() || recipe.loss.distortion.measures_ms_ssim() {
        return None;
    }
    let loss = RateDistortionLoss::new(recipe.loss);
    let costs = points.iter().map(|point| {
        let quality = Quality::new(point.quality).unwrap_or(Quality::MAX);
        let squared_error = 255.0 * 255.0 * 10f64.powf(-point.psnr / 10.0);
        loss.cost(quality, point.bits_per_pixel, squared_error)
    });
    let cost = costs.sum::<f64>() / points.len() as f64;
    cost.is_finite().then_some(cost)
}

fn weights_path(recipe: &Recipe) -> PathBuf {
    recipe
        .output
        .join(format!("{}.best.safetensors", recipe.name))
}

fn record_path(recipe: &Recipe) -> PathBuf {
    Path::new(&recipe.output).join("best.json")
}
