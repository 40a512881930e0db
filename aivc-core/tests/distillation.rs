//! Training with a teacher.

#![cfg(feature = "flex")]

mod support;

use std::fs;
use std::path::Path;

use aivc_core::training::{LogRecord, Recipe, StartFrom, TrainingError, read_log};
use tempfile::TempDir;

use support::workshop::run;

const RECIPE: &str = r#"
    name = "student"
    output = "run"
    seed = 1
    model = { family = "hyperprior", transform = { blocks = 1, hidden = 4, latent = 4 }, hyper = 4 }
    loss = { lambda_lowest = 0.01, lambda_highest = 0.01 }
    [optimization]
    steps = 12
    batch = 1
    crop = 64
    learning_rate = { peak = 1e-2, last = 1e-2 }
    gradient_norm = 1.0
    averaging = 0.0
    checkpoint_every = 100
    log_every = 1
    [data]
    sources = [{ path = "pictures", kind = "pictures", weight = 1.0 }]
"#;

/// A folder with a picture, and with weights that a student can learn from.
fn workshop() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("pictures")).unwrap();
    let picture = image::RgbImage::from_fn(64, 64, |x, y| {
        image::Rgb([2 * x as u8, 3 * y as u8, (x * y / 16) as u8])
    });
    picture.save(folder.path().join("pictures/a.png")).unwrap();
    let teacher = support::tiny_weights().to_bytes().unwrap();
    fs::write(folder.path().join("teacher.safetensors"), teacher).unwrap();
    folder
}

fn recipe(folder: &Path, distillation: &str) -> Result<Recipe, TrainingError> {
    let path = folder.join("recipe.toml");
    let text = RECIPE.replace("[optimization]", &format!("{distillation}\n[optimization]"));
    fs::write(&path, text).unwrap();
    Recipe::load(path)
}

fn losses(recipe: &Recipe) -> Vec<f64> {
    let records = read_log(recipe.output.join("log.jsonl")).unwrap();
    let losses = records.into_iter().filter_map(|record| match record {
        LogRecord::Steps { loss, .. } => Some(loss),
        _ => None,
    });
    losses.collect()
}

const TEACHER: &str = "distillation = { teacher = \"teacher.safetensors\", share = 1.0 }";

#[test]
fn a_student_comes_nearer_to_its_teacher() {
    let _alone = support::alone();
    let folder = workshop();
    let recipe = recipe(folder.path(), TEACHER).unwrap();
    run(&recipe, StartFrom::Scratch).unwrap();
    let losses = losses(&recipe);
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    // All of the distortion is measured against the teacher.
    assert!(mean(&losses[9..]) < 0.9 * mean(&losses[..3]), "{losses:?}");
}

/// The first step is of the same weights and picture: only what it is measured against differs.
#[test]
fn the_teacher_takes_its_share_of_the_distortion() {
    let _alone = support::alone();
    let first_loss = |distillation: &str| {
        let folder = workshop();
        let mut recipe = recipe(folder.path(), distillation).unwrap();
        recipe.optimization.steps = 1;
        run(&recipe, StartFrom::Scratch).unwrap();
        losses(&recipe)[0]
    };
    let own = first_loss("");
    let taught = first_loss(TEACHER);
    let half = first_loss(&TEACHER.replace("1.0", "0.5"));
    assert!((own - taught).abs() > 1e-3, "{own} {taught}");
    // Single precision.
    assert!(
        (half - (own + taught) / 2.0).abs() < 1e-4 * half,
        "{own} {half} {taught}"
    );
}

#[test]
fn a_run_goes_on_with_its_teacher_only() {
    let _alone = support::alone();
    let folder = workshop();
    let with = |distillation: &str, steps| {
        let mut recipe = recipe(folder.path(), distillation).unwrap();
        recipe.optimization.steps = steps;
        recipe
    };
    run(&with(TEACHER, 1), StartFrom::Scratch).unwrap();
    for other in ["", &TEACHER.replace("1.0", "0.5")] {
        let error = run(&with(other, 2), StartFrom::Checkpoint).unwrap_err();
        let is_named = matches!(
            error,
            TrainingError::OtherRecipe {
                field: "distillation",
                ..
            }
        );
        assert!(is_named, "{error}");
    }
    assert!(
        run(&with(TEACHER, 2), StartFrom::Checkpoint)
            .unwrap()
            .finished
    );
}

#[test]
fn teachers_that_cannot_teach_are_refused() {
    let folder = workshop();
    for share in ["0.0", "1.5", "nan"] {
        let error = recipe(folder.path(), &TEACHER.replace("1.0", share)).unwrap_err();
        let is_named = matches!(
            error,
            TrainingError::Field {
                name: "distillation.share",
                ..
            }
        );
        assert!(is_named, "{error}");
    }
    let missing = TEACHER.replace("teacher.safetensors", "nobody");
    let missing = recipe(folder.path(), &missing).unwrap();
    let error = run(&missing, StartFrom::Scratch).unwrap_err().to_string();
    assert!(
        error.contains("nobody") && error.contains("built in"),
        "{error}"
    );
    let hybrid = TEACHER.replace("teacher.safetensors", "hybrid-small");
    let hybrid = recipe(folder.path(), &hybrid).unwrap();
    let error = run(&hybrid, StartFrom::Scratch).unwrap_err().to_string();
    assert!(error.contains("hybrid"), "{error}");

    let frames = RECIPE.replace(
        "model =",
        "distillation = { teacher = \"hybrid-small\", share = 0.5 }\n    model =",
    );
    let model = "{ family = \"hybrid\", coder = { hidden = 4, blocks = 1, hyper = 4, context = 4, parameters = 4 } }";
    let start = frames.find("{ family").unwrap();
    let end = start + frames[start..].find('\n').unwrap();
    let path = folder.path().join("frames.toml");
    fs::write(
        &path,
        format!("{}{model}{}", &frames[..start], &frames[end..]),
    )
    .unwrap();
    let error = Recipe::load(path).unwrap_err();
    assert!(matches!(error, TrainingError::NoDistillation), "{error}");
}
