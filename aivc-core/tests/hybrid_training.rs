//! The stages of the hybrid codec: keyframes, inter frames on them, and runs that begin where others
//! ended.

#![cfg(feature = "flex")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use aivc_core::model::{Backend, Model};
use aivc_core::training::{
    CoderRecipe, DistributionsRecipe, FrameKind, InterRecipe, LogRecord, ModelRecipe, Quantization,
    Recipe, RestorationRecipe, SourceKind, StartFrom, TrainingError, read_log,
};
use aivc_models::losses::Distortion;
use safetensors::SafeTensors;
use tempfile::TempDir;

use support::alone;
use support::workshop::{
    constant, losses, mean_squared_error, photo_workshop, picture_workshop, run, source,
    with_output,
};

const CODER: CoderRecipe = CoderRecipe {
    hidden: 8,
    blocks: 1,
    hyper: 4,
    context: 8,
    parameters: 8,
};

/// A folder with photos and the recipe of some steps of keyframes on them.
fn workshop() -> (TempDir, Recipe) {
    let (folder, mut recipe) = photo_workshop(ModelRecipe::Hybrid {
        coder: CODER,
        inter: None,
    });
    recipe.name = "key".to_owned();
    recipe.loss = mean_squared_error(0.0008, 0.32);
    recipe.optimization.steps = 3;
    recipe.optimization.log_every = 1;
    (folder, with_output(&recipe, "key"))
}

/// The recipe of inter frames on trained keyframes.
fn inter(key: &Recipe, name: &str, weights: PathBuf, rates: Quantization) -> Recipe {
    Recipe {
        name: name.to_owned(),
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
        ..with_output(key, name)
    }
}

fn trained(recipe: &Recipe) -> Result<PathBuf, TrainingError> {
    run(recipe, StartFrom::Scratch).map(|summary| summary.weights)
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
    let key_weights = trained(&key).unwrap();
    let key_model = Model::find(key_weights.to_str().unwrap(), Backend::Flex).unwrap();
    assert!(!key_model.frame_codec().predicts());
    let inter = inter(&key, "inter", key_weights, Quantization::Noise);
    let model = Model::find(trained(&inter).unwrap().to_str().unwrap(), Backend::Flex).unwrap();
    assert!(model.frame_codec().predicts());
    assert_eq!(model.name(), "inter");
}

/// Rounding draws no random numbers, so that threads cannot take them from each other.
#[test]
fn threads_share_a_batch_and_give_the_same_run_again() {
    let _turn = alone();
    let (_folder, key) = workshop();
    let key_weights = trained(&key).unwrap();
    let mut one = inter(&key, "one", key_weights, Quantization::Round);
    one.optimization.threads = 2;
    let again = with_output(&one, "again");
    let [one_weights, again_weights] = [&one, &again].map(|recipe| trained(recipe).unwrap());
    assert_eq!(losses(&one.output).len(), 3);
    assert_eq!(losses(&one.output), losses(&again.output));
    assert!(fs::read(one_weights).unwrap() == fs::read(again_weights).unwrap());

    let mut odd = one;
    odd.optimization.batch = 3;
    let error = trained(&odd).unwrap_err().to_string();
    assert!(error.contains("optimization.threads"), "{error}");
}

/// Each step is better with the weights of another run than it was there, and has gradients.
#[test]
fn a_run_starts_from_the_weights_of_another() {
    let _turn = alone();
    let (_folder, key) = workshop();
    let weights = trained(&key).unwrap();
    let mut later = Recipe {
        start: Some(weights.clone()),
        ..with_output(&key, "later")
    };
    later.optimization.learning_rate = constant(1e-12);
    trained(&later).unwrap();
    let (before, after) = (losses(&key.output), losses(&later.output));
    // Each step has the pictures that it had then.
    let lower = after
        .iter()
        .zip(&before)
        .all(|(after, before)| after < before);
    assert!(lower, "{before:?} {after:?}");
    let norms: Vec<f64> = gradient_norms(&later);
    assert!(norms.iter().all(|&norm| norm > 0.0), "{norms:?}");

    let mut wider = Recipe {
        start: Some(weights),
        ..with_output(&key, "wider")
    };
    let ModelRecipe::Hybrid { coder, .. } = &mut wider.model else {
        panic!("a recipe of the hybrid codec");
    };
    coder.hidden += 1;
    let error = trained(&wider).unwrap_err().to_string();
    assert!(error.contains("other sizes"), "{error}");

    let nothing = Recipe {
        start: Some(key.output.with_file_name("missing")),
        ..with_output(&key, "nothing")
    };
    let error = trained(&nothing).unwrap_err().to_string();
    assert!(error.contains("missing"), "{error}");
}

#[test]
fn keyframes_that_are_trained_on_leave_the_rest_of_their_model_as_it_is() {
    let _turn = alone();
    let (_folder, key) = workshop();
    let inter = inter(&key, "inter", trained(&key).unwrap(), Quantization::Noise);
    let whole = trained(&inter).unwrap();
    let again = Recipe {
        start: Some(whole.clone()),
        ..with_output(&key, "again")
    };
    let [before, after] = [whole, trained(&again).unwrap()].map(|path| {
        let bytes = fs::read(path).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let part = |key: bool| -> BTreeMap<String, Vec<u8>> {
            let all = tensors.iter();
            let part = all.filter(|(name, _)| name.split('.').any(|word| word == "key") == key);
            part.map(|(name, tensor)| (name.to_owned(), tensor.data().to_vec()))
                .collect()
        };
        [true, false].map(part)
    });
    assert!(before[0] != after[0] && before[0].len() == after[0].len());
    assert!(!before[1].is_empty() && before[1] == after[1]);
}

#[test]
fn clips_that_are_too_short_are_named_with_the_frames_that_they_need() {
    let _turn = alone();
    let (folder, key) = workshop();
    let mut inter = inter(&key, "inter", trained(&key).unwrap(), Quantization::Noise);
    let clips = folder.path().join("clips");
    fs::create_dir(&clips).unwrap();
    let mut clip = b"YUV4MPEG2 W96 H96 F25:1 C420\n".to_vec();
    for _ in 0..2 {
        clip.extend_from_slice(b"FRAME\n");
        clip.extend_from_slice(&[100; 96 * 96 * 3 / 2]);
    }
    fs::write(clips.join("short.y4m"), clip).unwrap();
    inter.data.sources = vec![source(clips, SourceKind::Clips)];
    let error = trained(&inter).unwrap_err().to_string();
    assert!(
        error.contains("3 frames") && error.contains("clips"),
        "{error}"
    );
}

/// Keyframes and inter frames with the loss of one step, then of a model that is trained for structure as well.
#[test]
fn a_mix_with_ms_ssim_can_be_the_distortion() {
    let _turn = alone();
    let (_folder, mut squared) = picture_workshop(256);
    squared.model = ModelRecipe::Hybrid {
        coder: CODER,
        inter: None,
    };
    squared.optimization.crop = 192;
    squared.optimization.steps = 1;
    let mixed = |recipe: &Recipe, name: &str| {
        let mut recipe = with_output(recipe, name);
        recipe.loss.distortion = Distortion::Mixed;
        recipe
    };
    let key = mixed(&squared, "mixed");
    trained(&squared).unwrap();
    let weights = trained(&key).unwrap();
    assert!(losses(&squared.output) != losses(&key.output));

    let squared = inter(&squared, "inter", weights, Quantization::Noise);
    let mixed = mixed(&squared, "mixed-inter");
    trained(&squared).unwrap();
    trained(&mixed).unwrap();
    assert!(losses(&squared.output) != losses(&mixed.output));
}

#[test]
fn distributions_learn_from_what_the_encoder_writes() {
    let _turn = alone();
    let (_folder, key) = workshop();
    let key_weights = trained(&key).unwrap();
    let inter = inter(&key, "inter", key_weights.clone(), Quantization::Noise);
    let codec = trained(&inter).unwrap();
    let distributions = |name: &str, codec: &PathBuf, frames, length| {
        let mut recipe = Recipe {
            model: ModelRecipe::HybridDistributions {
                training: DistributionsRecipe {
                    codec: codec.clone(),
                    frames,
                    videos: 4,
                    length,
                    key_above: 8,
                },
            },
            ..with_output(&key, name)
        };
        recipe.optimization.steps = 30;
        recipe.optimization.learning_rate = constant(3e-3);
        recipe
    };
    for (name, frames, length) in [
        ("of-key", FrameKind::Key, 1),
        ("of-inter", FrameKind::Inter, 3),
    ] {
        let recipe = distributions(name, &codec, frames, length);
        let weights = trained(&recipe).unwrap();
        let losses = losses(&recipe.output);
        let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
        let (first, last) = (mean(&losses[..6]), mean(&losses[24..]));
        assert!(last < 0.97 * first, "{name}: {losses:?}");
        let model = Model::find(weights.to_str().unwrap(), Backend::Flex).unwrap();
        assert!(model.frame_codec().predicts());
    }
    let nothing = distributions("nothing", &key_weights, FrameKind::Inter, 3);
    let error = trained(&nothing).unwrap_err().to_string();
    assert!(error.contains("inter frames"), "{error}");
}

#[test]
fn restoration_learns_from_what_the_encoder_decodes() {
    let _turn = alone();
    let (_folder, key) = workshop();
    let key_weights = trained(&key).unwrap();
    let inter = inter(&key, "inter", key_weights.clone(), Quantization::Noise);
    let codec = trained(&inter).unwrap();
    let restoration = |name: &str, codec: &PathBuf| {
        let mut recipe = Recipe {
            model: ModelRecipe::HybridRestoration {
                hidden: 16,
                blocks: 1,
                training: RestorationRecipe {
                    codec: codec.clone(),
                    videos: 4,
                    length: 3,
                    key_above: 8,
                },
            },
            ..with_output(&key, name)
        };
        recipe.optimization.steps = 40;
        recipe.optimization.learning_rate = constant(5e-3);
        recipe
    };
    let first = restoration("restoration", &codec);
    let weights = trained(&first).unwrap();
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    let of_first = losses(&first.output);
    let (early, late) = (mean(&of_first[..6]), mean(&of_first[34..]));
    assert!(
        (0.5..2.0).contains(&early),
        "a share of the error: {of_first:?}"
    );
    assert!(late < 0.97 * early, "{of_first:?}");
    let model = Model::find(weights.to_str().unwrap(), Backend::Flex).unwrap();
    assert!(model.frame_codec().predicts());

    // A model that has one goes on with it.
    let again = restoration("again", &weights);
    trained(&again).unwrap();
    let of_again = losses(&again.output);
    assert!(mean(&of_again[..6]) < 0.98 * early, "{of_again:?}");

    let error = trained(&restoration("nothing", &key_weights)).unwrap_err();
    assert!(error.to_string().contains("inter frames"), "{error}");
}
