//! `aivc train`.

use std::fs;

use crate::support::Workplace;

const RECIPE: &str = r#"
name = "tiny"
output = "run"
seed = 1
model = { family = "factorized", transform = { blocks = 1, hidden = 8, latent = 8 } }
loss = { lambda_lowest = 0.01, lambda_highest = 0.01 }

[optimization]
steps = 2
batch = 1
crop = 64
learning_rate = { peak = 1e-3, last = 1e-4 }
gradient_norm = 1.0
averaging = 0.9
checkpoint_every = 1
log_every = 1

[data]
sources = [{ path = "photos", kind = "pictures", weight = 1.0 }]
"#;

fn workplace() -> Workplace {
    let workplace = Workplace::new();
    fs::write(workplace.path("recipe.toml"), RECIPE).unwrap();
    fs::create_dir(workplace.path("photos")).unwrap();
    let photo = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/picosdeeuropa.png");
    fs::copy(photo, workplace.path("photos/a.png")).unwrap();
    workplace
}

#[test]
fn a_trained_model_codes() {
    let workplace = workplace();
    let run = workplace.run(["train", "recipe.toml"]).succeeds();
    assert!(
        run.stderr().contains("step 2: loss") && run.stderr().contains("plot.svg"),
        "{}",
        run.stderr()
    );
    fs::write(workplace.path("clip.y4m"), crate::support::clip(1)).unwrap();
    let weights = "run/tiny.safetensors";
    workplace
        .run(["encode", "clip.y4m", "-o", "a.aivc", "--model", weights])
        .succeeds();
    workplace
        .run(["decode", "a.aivc", "--md5", "--model", weights])
        .succeeds();
    workplace
        .run(["decode", "a.aivc", "--md5"])
        .fails(1, &["a.aivc", "needs the weights of `tiny`", "--model"]);
}

#[test]
fn a_run_is_not_started_over_and_resumes() {
    let workplace = workplace();
    workplace
        .run(["train", "recipe.toml", "--resume"])
        .fails(1, &["no checkpoint", "without --resume"]);
    workplace.run(["train", "recipe.toml"]).succeeds();
    workplace
        .run(["train", "recipe.toml"])
        .fails(1, &["holds a run", "--resume"]);
    let longer = RECIPE.replace("steps = 2", "steps = 3");
    fs::write(workplace.path("recipe.toml"), longer).unwrap();
    let run = workplace
        .run(["train", "recipe.toml", "--resume"])
        .succeeds();
    assert!(
        run.stderr().contains("step 3: loss") && !run.stderr().contains("step 2: loss"),
        "{}",
        run.stderr()
    );
}

#[test]
fn a_run_in_pieces_ends_well_and_goes_on() {
    let workplace = workplace();
    let run = workplace
        .run(["train", "recipe.toml", "--stop-after", "0.001s"])
        .succeeds();
    assert!(
        run.stderr().contains("time is up after step 1 of 2"),
        "{}",
        run.stderr()
    );
    let run = workplace
        .run(["train", "recipe.toml", "--resume", "--stop-after", "1h"])
        .succeeds();
    assert!(run.stderr().contains("2 steps in"), "{}", run.stderr());
}

#[test]
fn the_best_weights_can_be_the_ones_that_stay() {
    let workplace = workplace();
    let plain = workplace.run(["train", "recipe.toml", "--best"]).succeeds();
    assert!(
        plain.stderr().contains("no validation"),
        "{}",
        plain.stderr()
    );
    fs::remove_dir_all(workplace.path("run")).unwrap();

    // The second step makes everything worse.
    let validated = RECIPE.replace("last = 1e-4", "last = 1.0")
        + "[validation]\npictures = \"photos\"\nqualities = [0]\nevery = 1\n";
    let validated = validated.replace("averaging = 0.9", "averaging = 0.0");
    fs::write(workplace.path("recipe.toml"), validated).unwrap();
    let run = workplace.run(["train", "recipe.toml", "--best"]).succeeds();
    assert!(
        run.stderr().contains("best of validation: step 1"),
        "{}",
        run.stderr()
    );
    let read = |name: &str| fs::read(workplace.path(name)).unwrap();
    assert!(read("run/tiny.safetensors") == read("run/tiny.best.safetensors"));
}

#[test]
fn a_wrong_field_of_a_recipe_is_named_on_one_line() {
    let workplace = workplace();
    fs::write(
        workplace.path("recipe.toml"),
        RECIPE.replace("seed", "sede"),
    )
    .unwrap();
    workplace
        .run(["train", "recipe.toml"])
        .fails(1, &["recipe.toml", "line 4", "sede"]);
}
