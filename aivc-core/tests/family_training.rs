//! Training of the families with codebooks and with groups of frames.

#![cfg(feature = "flex")]

mod support;

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use aivc_core::model::{Backend, Model};
use aivc_core::training::{
    DataRecipe, LearningRate, LogRecord, ModelRecipe, OptimizationRecipe, Recipe, SourceKind,
    SourceRecipe, StartFrom, TrainingEvent, TransformRecipe, read_log, train,
};
use aivc_models::losses::{Distortion, RateDistortionLossConfig};
use burn::backend::{Autodiff, Flex};
use image::{Rgb, RgbImage};
use tempfile::TempDir;

use support::{alone, tiny_weights};

const TRANSFORM: TransformRecipe = TransformRecipe {
    blocks: 1,
    hidden: 8,
    latent: 8,
};

/// A folder with photos and the recipe of some steps on them.
fn workshop(model: ModelRecipe) -> (TempDir, Recipe) {
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
        name: "tiny".to_owned(),
        output: folder.path().join("run"),
        seed: 5,
        start: None,
        distillation: None,
        model,
        loss: RateDistortionLossConfig {
            distortion: Distortion::MeanSquaredError,
            lambda_lowest: 0.01,
            lambda_highest: 0.01,
        },
        optimization: OptimizationRecipe {
            steps: 24,
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
            log_every: 8,
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

fn groups(pictures: Option<PathBuf>) -> ModelRecipe {
    ModelRecipe::Hyperprior3d {
        transform: TRANSFORM,
        blocks: 1,
        hidden: 8,
        hyper: 8,
        pictures,
    }
}

fn codebooks() -> ModelRecipe {
    ModelRecipe::Vqvae {
        transform: TRANSFORM,
        stages: 2,
        codes: 8,
    }
}

fn run(recipe: &Recipe, start: StartFrom, steps: u64) -> PathBuf {
    let mut observer = |event: TrainingEvent<'_>| match event {
        TrainingEvent::Stepped { step, .. } if step >= steps => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let summary = train::<Autodiff<Flex>>(recipe, start, &Default::default(), &mut observer);
    summary.unwrap().weights
}

/// Loss and perplexities of each record.
fn records(output: &Path) -> Vec<(f64, Vec<f64>)> {
    let records = read_log(output.join("log.jsonl")).unwrap();
    let steps = records.into_iter().filter_map(|record| match record {
        LogRecord::Steps {
            loss, perplexity, ..
        } => Some((loss, perplexity)),
        _ => None,
    });
    steps.collect()
}

/// Against the same batches without learning: the loss of crops differs more than a short run makes
/// of it.
#[test]
fn the_loss_of_groups_of_frames_falls() {
    let _turn = alone();
    let (_folder, recipe) = workshop(groups(None));
    let mut idle = recipe.clone();
    idle.output = recipe.output.with_file_name("idle");
    idle.optimization.learning_rate.peak = 1e-12;
    idle.optimization.learning_rate.last = 0.0;
    for recipe in [&recipe, &idle] {
        run(recipe, StartFrom::Scratch, 24);
    }
    let last = |recipe: &Recipe| records(&recipe.output).pop().unwrap().0;
    assert!(
        last(&recipe) < 0.98 * last(&idle),
        "{} {}",
        last(&recipe),
        last(&idle)
    );
    let model = recipe.output.join("tiny.safetensors");
    let model = Model::find(model.to_str().unwrap(), Backend::Flex).unwrap();
    assert!(model.frame_codec().groups().is_some());
}

#[test]
fn groups_of_frames_begin_with_the_transforms_of_a_picture_model() {
    let _turn = alone();
    let (folder, _) = workshop(groups(None));
    let pictures = folder.path().join("pictures.safetensors");
    fs::write(&pictures, tiny_weights().to_bytes().unwrap()).unwrap();
    let [fresh, taken] = [None, Some(pictures.clone())].map(|pictures| {
        let (_folder, recipe) = workshop(groups(pictures));
        run(&recipe, StartFrom::Scratch, 1);
        fs::read(recipe.output.join("tiny.safetensors")).unwrap()
    });
    assert!(fresh != taken);

    fs::write(&pictures, b"no weights").unwrap();
    let (_folder, recipe) = workshop(groups(Some(pictures)));
    let mut observer = |_: TrainingEvent<'_>| ControlFlow::Continue(());
    let start = StartFrom::Scratch;
    assert!(train::<Autodiff<Flex>>(&recipe, start, &Default::default(), &mut observer).is_err());
}

#[test]
fn codebooks_learn_and_the_log_tells_how_many_codes_are_in_use() {
    let _turn = alone();
    let (_folder, recipe) = workshop(codebooks());
    run(&recipe, StartFrom::Scratch, 24);
    let records = records(&recipe.output);
    assert!(records[2].0 < 0.9 * records[0].0, "{records:?}");
    for (_, perplexity) in &records {
        assert_eq!(perplexity.len(), 2);
        assert!(
            perplexity.iter().all(|p| (1.0..=8.001).contains(p)),
            "{perplexity:?}"
        );
    }
    let log = fs::read_to_string(recipe.output.join("log.jsonl")).unwrap();
    assert!(log.contains("\"perplexity\":["), "{log}");
    let model = recipe.output.join("tiny.safetensors");
    Model::find(model.to_str().unwrap(), Backend::Flex).unwrap();
}

/// Codebooks are a part of the checkpoint, although no optimizer moves them.
#[test]
fn a_resumed_run_with_codebooks_gives_the_weights_of_one_without_a_break() {
    let _turn = alone();
    let (_folder, whole) = workshop(codebooks());
    let mut broken = whole.clone();
    broken.output = whole.output.with_file_name("broken");
    run(&whole, StartFrom::Scratch, 24);
    run(&broken, StartFrom::Scratch, 10);
    run(&broken, StartFrom::Checkpoint, 24);
    let weights = |recipe: &Recipe| fs::read(recipe.output.join("tiny.safetensors")).unwrap();
    assert!(weights(&whole) == weights(&broken));
}

#[test]
fn threads_put_their_parts_of_a_batch_into_one_codebook() {
    let _turn = alone();
    let (_folder, mut recipe) = workshop(codebooks());
    recipe.optimization.threads = 2;
    run(&recipe, StartFrom::Scratch, 24);
    let records = records(&recipe.output);
    assert!(records[2].0 < 0.9 * records[0].0, "{records:?}");
}
