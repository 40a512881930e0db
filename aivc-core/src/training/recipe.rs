mod checks;

use std::path::{Path, PathBuf};

use aivc_models::families::Quantization;
use aivc_models::families::factorized::FactorizedConfig;
use aivc_models::families::hybrid::coder::FrameCoderConfig;
use aivc_models::families::hyperprior::HyperpriorConfig;
use aivc_models::families::hyperprior3d::Hyperprior3dConfig;
use aivc_models::families::vqvae::VqvaeConfig;
use aivc_models::layers::GdnTransformConfig;
use aivc_models::losses::RateDistortionLossConfig;
use aivc_models::refinement::RefinementConfig;
use serde::{Deserialize, Serialize};

use super::{
    DistillationRecipe, DistributionsRecipe, LearningRate, RefinementRecipe, RestorationRecipe,
    TrainingError,
};
use crate::model::BUILTIN_MODELS;

/// Everything that a training run depends on. Read from TOML; relative paths are relative to the
/// recipe's folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Name of the model in its weights file.
    pub name: String,
    /// Folder for checkpoints, log, plot and weights.
    pub output: PathBuf,
    /// Seed of initialization, sampling and noise.
    pub seed: u64,
    /// Weights file of the same sizes, whose weights are the first ones of this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<PathBuf>,
    /// A larger model to learn from; for families that code single pictures in RGB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distillation: Option<DistillationRecipe>,
    /// What is trained.
    pub model: ModelRecipe,
    /// What is minimized; a refinement, which knows no rate, has its own in its model's table.
    #[serde(default)]
    pub loss: RateDistortionLossConfig,
    /// How.
    pub optimization: OptimizationRecipe,
    /// On what.
    pub data: DataRecipe,
    /// What it is measured on while it trains.
    pub validation: Option<ValidationRecipe>,
}

/// Family and sizes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "family", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum ModelRecipe {
    /// Factorized prior, one rate.
    Factorized {
        /// Analysis and synthesis.
        transform: TransformRecipe,
    },
    /// Mean-scale hyperprior, 64 qualities.
    Hyperprior {
        /// Analysis and synthesis.
        transform: TransformRecipe,
        /// Channels of the hyper-latent.
        hyper: usize,
    },
    /// Vector-quantized autoencoder, a rate for each number of stages.
    Vqvae {
        /// Analysis and synthesis.
        transform: TransformRecipe,
        /// Stages of residual quantization.
        stages: usize,
        /// Codes of a codebook.
        codes: usize,
    },
    /// Hyperprior of groups of frames, 64 qualities.
    Hyperprior3d {
        /// Analysis and synthesis of single frames.
        transform: TransformRecipe,
        /// Residual blocks over time, height and width, on each side.
        blocks: usize,
        /// Channels inside of them.
        hidden: usize,
        /// Channels of the hyper-latent.
        hyper: usize,
        /// Weights file of a `hyperprior` with the same transforms, which are the first ones of
        /// single frames; without one these are cosine transforms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pictures: Option<PathBuf>,
    },
    /// An enhancement of decoded pictures, at their size or at twice of it.
    Refinement {
        /// How many times the decoded width and height it shows: 1 or 2.
        scale: usize,
        /// Channels of the features, at half of the resolution shown.
        hidden: usize,
        /// Residual blocks.
        blocks: usize,
        /// Of what it is made, and to what end.
        training: RefinementRecipe,
    },
    /// The hybrid codec: its keyframes, or its inter frames with the keyframes of weights that are
    /// there already.
    Hybrid {
        /// Widths of the coder that is trained.
        coder: CoderRecipe,
        /// What inter frames need; none trains keyframes.
        inter: Option<InterRecipe>,
    },
    /// The distributions of a hybrid model's latents, by themselves.
    HybridDistributions {
        /// Of what they learn.
        training: DistributionsRecipe,
    },
    /// What restores a hybrid model's inter frames before they are shown, by itself.
    HybridRestoration {
        /// Channels inside.
        hidden: usize,
        /// Residual blocks.
        blocks: usize,
        /// Of what it learns.
        training: RestorationRecipe,
    },
}

/// Widths of a coder of the hybrid codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoderRecipe {
    /// Channels inside analysis and refinement.
    pub hidden: usize,
    /// Residual blocks of analysis and of refinement.
    pub blocks: usize,
    /// Channels of the hyper-latent.
    pub hyper: usize,
    /// Channels that tell of the prediction and of the latents before.
    pub context: usize,
    /// Channels inside the parameter networks.
    pub parameters: usize,
}

/// Training of inter frames.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterRecipe {
    /// Weights file of a hybrid model, whose keyframes are used as they are.
    pub key: PathBuf,
    /// Inter frames that are coded one after another, each from the one decoded before.
    pub unroll: usize,
    /// Qualities of a sequence's inter frames differ by up to this from that of the sequence.
    pub quality_spread: u8,
    /// The keyframe's quality is above that of the sequence by up to this.
    #[serde(default)]
    pub key_above: u8,
    /// What rates are estimated from: `noisy` or `rounded` latents.
    #[serde(default)]
    pub rates: Quantization,
}

/// Sizes of the transforms between picture and latent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransformRecipe {
    /// Residual blocks of each transform.
    pub blocks: usize,
    /// Channels inside a residual block.
    pub hidden: usize,
    /// Channels of the latent, at 1/16; at most 768.
    pub latent: usize,
}

/// Steps, batches and Adam.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimizationRecipe {
    /// Number of steps of the run.
    pub steps: u64,
    /// Pictures a step.
    pub batch: usize,
    /// Threads that each have a part of the batch.
    #[serde(default = "default_threads")]
    pub threads: usize,
    /// Side of the square crops, in pixels.
    pub crop: usize,
    /// Learning rate over the run.
    pub learning_rate: LearningRate,
    /// Gradients whose norm over all parameters is greater are scaled down to it.
    pub gradient_norm: f64,
    /// Decay per step of the exponential moving average of weights that is validated and saved.
    pub averaging: f64,
    /// Steps between checkpoints.
    pub checkpoint_every: u64,
    /// Steps between log records.
    pub log_every: u64,
}

fn default_threads() -> usize {
    1
}

impl OptimizationRecipe {
    /// Pictures of a step that one thread has.
    pub(super) fn part(&self) -> usize {
        self.batch / self.threads
    }
}

/// Training data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataRecipe {
    /// Sources, each drawn from in proportion to its weight.
    pub sources: Vec<SourceRecipe>,
    /// Share of crops taken from pictures of half the size.
    #[serde(default)]
    pub half_size_share: f64,
    /// Decoded pictures are kept in memory up to this size; the rest is decoded for every crop.
    #[serde(default = "default_cache_mebibytes")]
    pub cache_mebibytes: usize,
    /// Threads that decode and crop ahead of the device.
    #[serde(default = "default_loader_threads")]
    pub loader_threads: usize,
}

fn default_cache_mebibytes() -> usize {
    4096
}

fn default_loader_threads() -> usize {
    1
}

/// One source of training pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceRecipe {
    /// A folder, or a folder of shards.
    pub path: PathBuf,
    /// What lies there.
    pub kind: SourceKind,
    /// Relative frequency of this source.
    pub weight: f64,
    /// Only files whose names start so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names_start_with: Option<String>,
    /// Of clips that become pictures: every how many-th frame is taken.
    #[serde(default = "default_frame_step")]
    pub frame_step: usize,
}

fn default_frame_step() -> usize {
    8
}

/// Forms of training data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SourceKind {
    /// PNG and JPEG files in a folder and its subfolders.
    Pictures,
    /// Tar files of PNG and JPEG members (the WebDataset convention).
    Shards,
    /// Video files, whose frames become pictures.
    Clips,
}

/// Validation with real streams.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidationRecipe {
    /// Folder of PNG or JPEG pictures; of clips, for the hybrid codec.
    pub pictures: PathBuf,
    /// Of clips: how many frames are coded.
    #[serde(default = "default_validation_frames")]
    pub frames: usize,
    /// Quality levels to code them at.
    pub qualities: Vec<u8>,
    /// Steps between validations.
    pub every: u64,
}

fn default_validation_frames() -> usize {
    1
}

impl Recipe {
    /// Reads and checks a recipe; its relative paths become relative to its folder.
    ///
    /// # Errors
    /// [`TrainingError`], saying which field is wrong.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, TrainingError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(TrainingError::io(path))?;
        let mut recipe: Self = toml::from_str(&text).map_err(|source| TrainingError::Recipe {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let anchor = |path: &mut PathBuf| *path = folder.join(&*path);
        anchor(&mut recipe.output);
        recipe.start.iter_mut().for_each(anchor);
        recipe
            .data
            .sources
            .iter_mut()
            .for_each(|source| anchor(&mut source.path));
        if let Some(validation) = &mut recipe.validation {
            anchor(&mut validation.pictures);
        }
        let is_builtin = |name: &str| BUILTIN_MODELS.iter().any(|builtin| builtin.name == name);
        let anchor_codec = |name: &mut String| {
            if !is_builtin(name) {
                *name = folder.join(&*name).display().to_string();
            }
        };
        if let Some(distillation) = &mut recipe.distillation {
            anchor_codec(&mut distillation.teacher);
        }
        match &mut recipe.model {
            ModelRecipe::Hybrid {
                inter: Some(inter), ..
            } => anchor(&mut inter.key),
            ModelRecipe::HybridDistributions { training } => anchor(&mut training.codec),
            ModelRecipe::HybridRestoration { training, .. } => anchor(&mut training.codec),
            ModelRecipe::Hyperprior3d {
                pictures: Some(pictures),
                ..
            } => anchor(pictures),
            ModelRecipe::Refinement { training, .. } => {
                training.codecs.iter_mut().for_each(anchor_codec);
                let lpips = training.objective.lpips.iter_mut();
                lpips.for_each(|lpips| anchor(&mut lpips.weights));
            }
            _ => {}
        }
        recipe.validate()?;
        Ok(recipe)
    }
}

/// A refinement's widths as the models crate takes them.
pub(super) fn refinement_config([scale, hidden, blocks]: [usize; 3]) -> RefinementConfig {
    RefinementConfig::new()
        .with_scale(scale)
        .with_hidden(hidden)
        .with_blocks(blocks)
}

/// A family's widths as the models crate takes them.
pub(super) fn hyperprior_config(transform: TransformRecipe, hyper: usize) -> HyperpriorConfig {
    HyperpriorConfig::new()
        .with_transform(transform.config())
        .with_hyper(hyper)
}

/// A family's widths as the models crate takes them.
pub(super) fn hyperprior3d_config(
    transform: TransformRecipe,
    [blocks, hidden, hyper]: [usize; 3],
) -> Hyperprior3dConfig {
    Hyperprior3dConfig::new()
        .with_transform(transform.config())
        .with_blocks(blocks)
        .with_hidden(hidden)
        .with_hyper(hyper)
}

/// A family's widths as the models crate takes them.
pub(super) fn vqvae_config(transform: TransformRecipe, stages: usize, codes: usize) -> VqvaeConfig {
    VqvaeConfig::new()
        .with_transform(transform.config())
        .with_stages(stages)
        .with_codes(codes)
}

/// A family's widths as the models crate takes them.
pub(super) fn factorized_config(transform: TransformRecipe) -> FactorizedConfig {
    FactorizedConfig::new().with_transform(transform.config())
}

impl CoderRecipe {
    pub(super) fn config(self, predicts: bool) -> FrameCoderConfig {
        FrameCoderConfig::new(predicts)
            .with_hidden(self.hidden)
            .with_blocks(self.blocks)
            .with_hyper(self.hyper)
            .with_context(self.context)
            .with_parameters(self.parameters)
    }
}

impl TransformRecipe {
    fn config(self) -> GdnTransformConfig {
        GdnTransformConfig::new()
            .with_blocks(self.blocks)
            .with_hidden(self.hidden)
            .with_latent(self.latent)
    }
}
