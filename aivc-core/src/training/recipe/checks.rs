use aivc_entropy::MAX_MODEL_NAME_BYTES;
use aivc_models::losses::{Distortion, MS_SSIM_MINIMUM_SIDE};

use super::{ModelRecipe, Recipe};
use crate::training::{FrameKind, RefinementRecipe, TrainingError};

fn field(
    name: &'static str,
    valid: bool,
    value: f64,
    limit: &'static str,
) -> Result<(), TrainingError> {
    if valid {
        Ok(())
    } else {
        Err(TrainingError::Field { name, value, limit })
    }
}

impl Recipe {
    /// Checks what the types do not.
    ///
    /// # Errors
    /// [`TrainingError::Field`], with the value and the limit, and [`TrainingError::Name`].
    pub fn validate(&self) -> Result<(), TrainingError> {
        let names_a_file = !self
            .name
            .contains(|c: char| matches!(c, '/' | '\\') || c.is_control());
        if !(1..=MAX_MODEL_NAME_BYTES).contains(&self.name.len()) || !names_a_file {
            return Err(TrainingError::Name {
                name: self.name.clone(),
            });
        }
        let o = &self.optimization;
        field(
            "optimization.steps",
            o.steps >= 1,
            o.steps as f64,
            "at least 1",
        )?;
        field(
            "optimization.batch",
            (1..=4096).contains(&o.batch),
            o.batch as f64,
            "1 to 4096",
        )?;
        field(
            "optimization.threads",
            o.threads >= 1 && o.batch.is_multiple_of(o.threads),
            o.threads as f64,
            "a divisor of the batch",
        )?;
        let crop = o.crop >= 64 && o.crop.is_multiple_of(64) && o.crop <= 4096;
        field(
            "optimization.crop",
            crop,
            o.crop as f64,
            "a multiple of 64 up to 4096",
        )?;
        let enough = !self.loss.distortion.measures_ms_ssim() || o.crop >= MS_SSIM_MINIMUM_SIDE;
        field(
            "optimization.crop",
            enough,
            o.crop as f64,
            "at least 192 with MS-SSIM",
        )?;
        field(
            "optimization.gradient_norm",
            o.gradient_norm > 0.0,
            o.gradient_norm,
            "above 0",
        )?;
        field(
            "optimization.averaging",
            (0.0..1.0).contains(&o.averaging),
            o.averaging,
            "0 to below 1",
        )?;
        field(
            "optimization.checkpoint_every",
            o.checkpoint_every >= 1,
            0.0,
            "at least 1",
        )?;
        field(
            "optimization.log_every",
            o.log_every >= 1,
            0.0,
            "at least 1",
        )?;
        let rate = &o.learning_rate;
        let (peak, last) = (rate.peak, rate.last);
        field(
            "optimization.learning_rate.peak",
            peak > 0.0 && peak.is_finite(),
            peak,
            "above 0",
        )?;
        field(
            "optimization.learning_rate.last",
            last >= 0.0 && last.is_finite(),
            last,
            "0 or more",
        )?;
        self.validate_loss()?;
        if let Some(distillation) = &self.distillation {
            let share = distillation.share;
            let valid = share > 0.0 && share <= 1.0;
            field("distillation.share", valid, share, "above 0, up to 1")?;
            if !self.model.codes_pictures() {
                return Err(TrainingError::NoDistillation);
            }
        }
        let share = self.data.half_size_share;
        field(
            "data.half_size_share",
            (0.0..=1.0).contains(&share),
            share,
            "0 to 1",
        )?;
        let threads = self.data.loader_threads;
        field(
            "data.loader_threads",
            (1..=256).contains(&threads),
            threads as f64,
            "1 to 256",
        )?;
        field(
            "data.sources",
            !self.data.sources.is_empty(),
            0.0,
            "at least one",
        )?;
        for source in &self.data.sources {
            let weight = source.weight;
            field(
                "data.sources.weight",
                weight > 0.0 && weight <= 1e9,
                weight,
                "above 0, up to 1e9",
            )?;
            field(
                "data.sources.frame_step",
                source.frame_step >= 1,
                0.0,
                "at least 1",
            )?;
        }
        if let ModelRecipe::Hybrid {
            inter: Some(inter), ..
        } = &self.model
        {
            let unroll = inter.unroll;
            field(
                "model.inter.unroll",
                (1..=32).contains(&unroll),
                unroll as f64,
                "1 to 32",
            )?;
        }
        self.validate_recording()?;
        if let Some(validation) = &self.validation {
            field("validation.every", validation.every >= 1, 0.0, "at least 1")?;
            for &quality in &validation.qualities {
                field(
                    "validation.qualities",
                    quality < 64,
                    quality.into(),
                    "0 to 63",
                )?;
            }
        }
        Ok(())
    }

    /// Of families that learn from what an encoder makes of videos.
    fn validate_recording(&self) -> Result<(), TrainingError> {
        let (videos, length, shortest) = match &self.model {
            ModelRecipe::HybridDistributions { training } => {
                let shortest = match training.frames {
                    FrameKind::Key => 1,
                    FrameKind::Inter => 2,
                };
                (training.videos, training.length, shortest)
            }
            ModelRecipe::HybridRestoration { training, .. } => {
                (training.videos, training.length, 2)
            }
            _ => return Ok(()),
        };
        let valid = (1..=65_536).contains(&videos);
        field("model.training.videos", valid, videos as f64, "1 to 65536")?;
        let valid = (shortest..=1024).contains(&length);
        let limit = match shortest {
            1 => "1 to 1024",
            _ => "2 to 1024",
        };
        field("model.training.length", valid, length as f64, limit)
    }

    fn validate_loss(&self) -> Result<(), TrainingError> {
        if let ModelRecipe::Refinement { training, .. } = &self.model {
            return self.validate_objective(training);
        }
        let trained_for = match self.loss.distortion {
            Distortion::MeanSquaredError => true,
            Distortion::MsSsim => self.model.codes_pictures(),
            // Of frames, luma has a mix.
            Distortion::Mixed => {
                self.model.codes_pictures() || matches!(self.model, ModelRecipe::Hybrid { .. })
            }
        };
        if !trained_for {
            return Err(TrainingError::Distortion);
        }
        let (low, high) = (self.loss.lambda_lowest, self.loss.lambda_highest);
        field("loss.lambda_lowest", low > 0.0, low, "above 0")?;
        let ordered = high >= low && high.is_finite();
        field(
            "loss.lambda_highest",
            ordered,
            high,
            "at least lambda_lowest",
        )
    }

    fn validate_objective(&self, training: &RefinementRecipe) -> Result<(), TrainingError> {
        let objective = &training.objective;
        let lpips = objective.lpips.as_ref().map_or(0.0, |lpips| lpips.weight);
        let adversarial = objective.adversarial.map_or(0.0, |part| part.weight);
        let fidelity = [objective.squared_error, objective.ms_ssim, lpips];
        for weight in fidelity.into_iter().chain([adversarial]) {
            let valid = weight >= 0.0 && weight.is_finite();
            field("model.training.objective", valid, weight, "0 or more")?;
        }
        let sum = fidelity.iter().sum();
        field("model.training.objective", sum > 0.0, sum, "above 0 in sum")?;
        let crop = self.optimization.crop;
        let enough = objective.ms_ssim == 0.0 || crop >= MS_SSIM_MINIMUM_SIDE;
        field(
            "optimization.crop",
            enough,
            crop as f64,
            "at least 192 with MS-SSIM",
        )?;
        let codecs = training.codecs.len();
        field(
            "model.training.codecs",
            codecs >= 1,
            codecs as f64,
            "at least one",
        )
    }
}

impl ModelRecipe {
    /// Whether the family codes single pictures in RGB.
    fn codes_pictures(&self) -> bool {
        matches!(
            self,
            Self::Factorized { .. } | Self::Hyperprior { .. } | Self::Vqvae { .. }
        )
    }
}
