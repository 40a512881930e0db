//! The stages of the hybrid codec: keyframes, inter frames on them, and runs that begin where others
//! ended.

#![cfg(feature = "flex")]

mod support;

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;

use aivc_core::model::{Backend, Model};
use aivc_core::training::{
    CoderRecipe, DataRecipe, InterRecipe, LearningRate, LogRecord, ModelRecipe, OptimizationRecipe,
    Quantization, Recipe, SourceKind, SourceRecipe, StartFrom, TrainingError, TrainingEvent,
    read_log, train,
};
use aivc_models::losses::{Distortion, RateDistortionLossConfig};
use burn::backend::{Autodiff, Flex};
use image::{Rgb, RgbImage};
use tempfile::TempDir;

use support::alone;

const CODER: CoderRecipe = CoderRecipe {
    hidden: 8,
    blocks: 1,
    hyper: 4,
    context: 8,
    parameters: 8,
};

/// A folder with photos and the recipe of some steps of keyframes on them.
fn workshop() -> (TempDir, Recipe) {
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
    let recipe = Recipe {
        name: "key".to_owned(),
        output: folder.path().join("key"),
        seed: 5,
        start: None,
        distillation: None,
        model: ModelRecipe::Hybrid {
            coder: CODER,
            inter: None,
        },
        loss: RateDistortionLossConfig {
            distortion: Distortion::MeanSquaredError,
            lambda_lowest: 0.0008,
            lambda_highest: 0.32,
        },
        optimization: OptimizationRecipe {
            steps: 3,
            batch: 2,
            threads: 1,
            crop: 64,
            learning_rate: LearningRate {
                peak: 1e-3,
                last: 1e-3,
                warmup: 0,
            },
            gradient_norm: 1.0,
            averaging: 0.5,
            checkpoint_every: 100,
            log_every: 1,
        },
        data: DataRecipe {
            sources: vec![SourceRecipe {
                path: photos,
                kind: SourceKind::Pictures,
                weight: 1.0,
                frame_step: 1,
                names_start_with: None,
            }],
            half_size_share: 0.0,
            cache_mebibytes: 16,
            loader_threads: 1,
        },
        validation: None,
    };
    (folder, recipe)
}

/// The recipe of inter frames on trained keyframes.
fn inter(key: &Recipe, name: &str, weights: PathBuf, rates: Quantization) -> Recipe {
    Recipe {
        name: name.to_owned(),
        output: key.output.with_file_name(name),
        model: ModelRecipe::Hybrid {
            coder: CODER,
            inter: Some(InterRecipe {
                key: weights,
                unroll: 2,
                quality_spread: 4,
                key_above: 8,
                rates,
            }),
        },
        ..key.clone()
    }
}

fn run(recipe: &Recipe) -> Result<PathBuf, TrainingError> {
    let mut observer = |_: TrainingEvent<'_>| ControlFlow::Continue(());
    let start = StartFrom::Scratch;
    train::<Autodiff<Flex>>(recipe, start, &Default::default(), &mut observer)
        .map(|summary| summary.weights)
}

fn losses(recipe: &Recipe) -> Vec<f64> {
    let records = read_log(recipe.output.join("log.jsonl")).unwrap();
    let losses = records.into_iter().filter_map(|record| match record {
        LogRecord::Steps { loss, .. } => Some(loss),
        _ => None,
    });
    losses.collect()
}

fn gradient_norms(recipe: &Recipe) -> Vec<f64> {
    let records = read_log(recipe.output.join("log.jsonl")).unwrap();
    let norms = records.into_iter().filter_map(|record| match record {
        LogRecord::Steps { gradient_norm, .. } => Some(gradient_norm),
        _ => None,
    });
    norms.collect()
}

#[test]
fn both_stages_end_in_a_model_that_predicts() {
    let _turn = alone();
    let (_folder, key) = workshop();
    let key_weights = run(&key).unwrap();
    let key_model = Model::find(key_weights.to_str().unwrap(), Backend::Flex).unwrap();
    assert!(!key_model.frame_codec().predicts());
    let inter = inter(&key, "inter", key_weights, Quantization::Noise);
    let model = Model::find(run(&inter).unwrap().to_str().unwrap(), Backend::Flex).unwrap();
    assert!(model.frame_codec().predicts());
    assert_eq!(model.name(), "inter");
}

/// Rounding draws no random numbers, so that threads cannot take them from each other.
#[test]
fn threads_share_a_batch_and_give_the_same_run_again() {
    let _turn = alone();
    let (_folder, key) = workshop();
    let key_weights = run(&key).unwrap();
    let mut one = inter(&key, "one", key_weights, Quantization::Round);
    one.optimization.threads = 2;
    let again = Recipe {
        output: one.output.with_file_name("again"),
        ..one.clone()
    };
    let [one_weights, again_weights] = [&one, &again].map(|recipe| run(recipe).unwrap());
    assert_eq!(losses(&one).len(), 3);
    assert_eq!(losses(&one), losses(&again));
    assert!(fs::read(one_weights).unwrap() == fs::read(again_weights).unwrap());

    let mut odd = one;
    odd.optimization.batch = 3;
    let error = run(&odd).unwrap_err().to_string();
    assert!(error.contains("optimization.threads"), "{error}");
}

/// Each step is better with the weights of another run than it was there, and has gradients.
#[test]
fn a_run_starts_from_the_weights_of_another() {
    let _turn = alone();
    let (_folder, key) = workshop();
    let weights = run(&key).unwrap();
    let mut later = Recipe {
        output: key.output.with_file_name("later"),
        start: Some(weights.clone()),
        ..key.clone()
    };
    later.optimization.learning_rate = LearningRate {
        peak: 1e-12,
        last: 1e-12,
        warmup: 0,
    };
    run(&later).unwrap();
    let (before, after) = (losses(&key), losses(&later));
    // Each step has the pictures that it had then.
    let lower = after
        .iter()
        .zip(&before)
        .all(|(after, before)| after < before);
    assert!(lower, "{before:?} {after:?}");
    let norms: Vec<f64> = gradient_norms(&later);
    assert!(norms.iter().all(|&norm| norm > 0.0), "{norms:?}");

    let mut wider = Recipe {
        output: key.output.with_file_name("wider"),
        start: Some(weights),
        ..key.clone()
    };
    let ModelRecipe::Hybrid { coder, .. } = &mut wider.model else {
        panic!("a recipe of the hybrid codec");
    };
    coder.hidden += 1;
    let error = run(&wider).unwrap_err().to_string();
    assert!(error.contains("other sizes"), "{error}");

    let nothing = Recipe {
        output: key.output.with_file_name("nothing"),
        start: Some(key.output.with_file_name("missing")),
        ..key
    };
    let error = run(&nothing).unwrap_err().to_string();
    assert!(error.contains("missing"), "{error}");
}
