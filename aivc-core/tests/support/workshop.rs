//! Folders with pictures, recipes of a few steps on them, and their runs.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use aivc_core::model::Backend;
use aivc_core::training::{
    DataRecipe, LearningRate, LogRecord, ModelRecipe, OptimizationRecipe, Recipe, SourceKind,
    SourceRecipe, StartFrom, TrainingError, TrainingEvent, TrainingSummary, TransformRecipe,
    read_log, train_on_backend,
};
use aivc_models::losses::{Distortion, RateDistortionLossConfig};
use image::{Rgb, RgbImage};
use tempfile::TempDir;

pub const TRANSFORM: TransformRecipe = TransformRecipe {
    blocks: 1,
    hidden: 8,
    latent: 8,
};

/// Soft waves in some noise, and the recipe of some steps on them.
pub fn photo_workshop(model: ModelRecipe) -> (TempDir, Recipe) {
    let folder = tempfile::tempdir().unwrap();
    let photos = folder.path().join("photos");
    fs::create_dir(&photos).unwrap();
    for number in 0..3 {
        let photo = RgbImage::from_fn(160, 160, |x, y| {
            let wave = (f64::from(x * (number + 1)) * 0.11).sin() + (f64::from(y) * 0.17).cos();
            let level = (128.0 + 55.0 * wave) as u8;
            Rgb([level, level.wrapping_add((x ^ y) as u8 % 16), 255 - level])
        });
        photo.save(photos.join(format!("{number}.png"))).unwrap();
    }
    let recipe = recipe(folder.path(), photos, model);
    (folder, recipe)
}

/// Five of [`picture`], and the recipe of a hyperprior with fewer steps on them, each logged.
pub fn picture_workshop(side: u32) -> (TempDir, Recipe) {
    let folder = tempfile::tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    fs::create_dir(&pictures).unwrap();
    for number in 0..5 {
        let path = pictures.join(format!("{number}.png"));
        picture(number, side).save(path).unwrap();
    }
    let model = ModelRecipe::Hyperprior {
        transform: TRANSFORM,
        hyper: 8,
    };
    let mut recipe = recipe(folder.path(), pictures, model);
    recipe.seed = 7;
    recipe.loss = mean_squared_error(0.001, 0.1);
    recipe.optimization.steps = 6;
    recipe.optimization.learning_rate = constant(3e-4);
    recipe.optimization.averaging = 0.9;
    recipe.optimization.log_every = 1;
    recipe.data.half_size_share = 0.3;
    recipe.data.cache_mebibytes = 1;
    (folder, recipe)
}

fn recipe(folder: &Path, pictures: PathBuf, model: ModelRecipe) -> Recipe {
    Recipe {
        name: "tiny".to_owned(),
        output: folder.join("run"),
        seed: 5,
        start: None,
        distillation: None,
        model,
        loss: mean_squared_error(0.01, 0.01),
        optimization: OptimizationRecipe {
            steps: 24,
            batch: 2,
            threads: 1,
            crop: 64,
            learning_rate: constant(1e-3),
            gradient_norm: 1.0,
            averaging: 0.5,
            checkpoint_every: 100,
            log_every: 8,
        },
        data: DataRecipe {
            sources: vec![source(pictures, SourceKind::Pictures)],
            half_size_share: 0.0,
            cache_mebibytes: 16,
            loader_threads: 1,
        },
        validation: None,
    }
}

/// A slope with a chequered patch, of another colour for each number.
pub fn picture(number: u32, side: u32) -> RgbImage {
    RgbImage::from_fn(side, side, |x, y| {
        let slope = (x * 80 + y * 40) / side;
        let patch = (x / 8 + y / 8 + number) % 2 * 20;
        Rgb([0, 1, 2].map(|channel| (slope + patch + (number + channel) % 4 * 25) as u8))
    })
}

pub fn source(path: PathBuf, kind: SourceKind) -> SourceRecipe {
    SourceRecipe {
        path,
        kind,
        weight: 1.0,
        frame_step: 1,
        names_start_with: None,
    }
}

pub fn constant(rate: f64) -> LearningRate {
    LearningRate {
        peak: rate,
        last: rate,
        warmup: 0,
    }
}

pub fn mean_squared_error(lambda_lowest: f64, lambda_highest: f64) -> RateDistortionLossConfig {
    RateDistortionLossConfig {
        distortion: Distortion::MeanSquaredError,
        lambda_lowest,
        lambda_highest,
    }
}

/// The same recipe with an output folder beside its own.
pub fn with_output(recipe: &Recipe, name: &str) -> Recipe {
    Recipe {
        output: recipe.output.with_file_name(name),
        ..recipe.clone()
    }
}

pub fn run(recipe: &Recipe, start: StartFrom) -> Result<TrainingSummary, TrainingError> {
    run_until(recipe, start, u64::MAX)
}

/// As [`run`], but cancelled after a step.
pub fn run_until(
    recipe: &Recipe,
    start: StartFrom,
    last: u64,
) -> Result<TrainingSummary, TrainingError> {
    let mut observer = |event: TrainingEvent<'_>| match event {
        TrainingEvent::Stepped { step, .. } if step >= last => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    train_on_backend(Backend::Flex, recipe, start, &mut observer)
}

/// The loss of each record of a run's log.
pub fn losses(output: &Path) -> Vec<f64> {
    let records = read_log(output.join("log.jsonl")).unwrap().into_iter();
    let losses = records.filter_map(|record| match record {
        LogRecord::Steps { loss, .. } => Some(loss),
        _ => None,
    });
    losses.collect()
}
