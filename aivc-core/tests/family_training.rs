//! Training of the families with codebooks and with groups of frames.

#![cfg(feature = "flex")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use aivc_core::model::{Backend, Model};
use aivc_core::training::{LogRecord, ModelRecipe, Recipe, StartFrom, read_log};

use support::workshop::{TRANSFORM, photo_workshop, run, run_until, with_output};
use support::{alone, tiny_weights};

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
    let (_folder, recipe) = photo_workshop(groups(None));
    let mut idle = with_output(&recipe, "idle");
    idle.optimization.learning_rate.peak = 1e-12;
    idle.optimization.learning_rate.last = 0.0;
    for recipe in [&recipe, &idle] {
        run(recipe, StartFrom::Scratch).unwrap();
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
    let (folder, _) = photo_workshop(groups(None));
    let pictures = folder.path().join("pictures.safetensors");
    fs::write(&pictures, tiny_weights().to_bytes().unwrap()).unwrap();
    let [fresh, taken] = [None, Some(pictures.clone())].map(|pictures| {
        let (_folder, recipe) = photo_workshop(groups(pictures));
        run_until(&recipe, StartFrom::Scratch, 1).unwrap();
        fs::read(recipe.output.join("tiny.safetensors")).unwrap()
    });
    assert!(fresh != taken);

    fs::write(&pictures, b"no weights").unwrap();
    let (_folder, recipe) = photo_workshop(groups(Some(pictures)));
    assert!(run(&recipe, StartFrom::Scratch).is_err());
}

#[test]
fn codebooks_learn_and_the_log_tells_how_many_codes_are_in_use() {
    let _turn = alone();
    let (_folder, recipe) = photo_workshop(codebooks());
    run(&recipe, StartFrom::Scratch).unwrap();
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
    let (_folder, whole) = photo_workshop(codebooks());
    let broken = with_output(&whole, "broken");
    run(&whole, StartFrom::Scratch).unwrap();
    run_until(&broken, StartFrom::Scratch, 10).unwrap();
    run(&broken, StartFrom::Checkpoint).unwrap();
    let weights = |recipe: &Recipe| fs::read(recipe.output.join("tiny.safetensors")).unwrap();
    assert!(weights(&whole) == weights(&broken));
}

#[test]
fn threads_put_their_parts_of_a_batch_into_one_codebook() {
    let _turn = alone();
    let (_folder, mut recipe) = photo_workshop(codebooks());
    recipe.optimization.threads = 2;
    run(&recipe, StartFrom::Scratch).unwrap();
    let records = records(&recipe.output);
    assert!(records[2].0 < 0.9 * records[0].0, "{records:?}");
}
