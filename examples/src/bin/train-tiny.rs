//! Trains a tiny model in about a minute, then codes a clip with it that it has not seen.
//!
//! ```sh
//! cargo run --release -p aivc-examples --bin train-tiny -- [STEPS [FOLDER]]
//! ```
//!
//! One photograph is all that it learns from. Run it again with more STEPS and it goes on. What it
//! is worth shows `decode-to-png -- FOLDER/clip.aivc FRAMES FOLDER/tiny.safetensors`.

#![allow(clippy::print_stdout, reason = "its report")]

use std::error::Error;
use std::fs::{self, File};
use std::ops::ControlFlow::Continue;
use std::path::PathBuf;

use aivc_core::model::{Backend, Model, WeightsFile};
use aivc_core::session::{EncoderConfig, encode_video};
use aivc_core::training::{LogRecord, Recipe, StartFrom, TrainingEvent, train_on_backend};
use aivc_examples::{DemoClip, PHOTO_FOLDER, output_folder};

/// As in a recipe file, but for what `main` fills in.
const RECIPE: &str = r#"
name = "tiny"
output = ""
seed = 1
model = { family = "hyperprior", transform = { blocks = 1, hidden = 32, latent = 96 }, hyper = 16 }
loss = { distortion = "mean-squared-error", lambda_lowest = 0.001, lambda_highest = 0.1 }
data = { half_size_share = 0.2, sources = [{ path = "", kind = "pictures", weight = 1.0 }] }
[optimization]
steps = 0
batch = 8
crop = 64
learning_rate = { peak = 1e-3, last = 1e-4, warmup = 20 }
gradient_norm = 1.0
averaging = 0.98
checkpoint_every = 200
log_every = 20
"#;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut recipe: Recipe = toml::from_str(RECIPE)?;
    recipe.data.sources[0].path = PHOTO_FOLDER.into();
    recipe.optimization.steps = arguments.next().map_or(Ok(1500), |steps| steps.parse())?;
    recipe.output = match arguments.next() {
        Some(folder) => PathBuf::from(folder),
        None => output_folder()?.join("tiny"),
    };
    let start = match recipe.output.join("checkpoint").exists() {
        true => StartFrom::Checkpoint,
        false => StartFrom::Scratch,
    };
    let summary = train_on_backend(Backend::default(), &recipe, start, &mut |event| {
        if let TrainingEvent::Logged(LogRecord::Steps { step, loss, .. }) = event {
            println!("step {step}: loss {loss:.3}");
        }
        Continue(())
    })?;

    // From here on it is a model like any other.
    let weights = WeightsFile::from_bytes(&fs::read(&summary.weights)?)?;
    let model = Model::from_weights(&weights, Backend::default())?;
    let stream = recipe.output.join("clip.aivc");
    let (mut clip, file) = (DemoClip::open()?, File::create(&stream)?);
    let config = EncoderConfig::default();
    let coded = encode_video(&mut clip, file, &model, config, Some(8), &mut |_| {
        Continue(())
    })?;
    println!(
        "{}: {} frames, {} bytes",
        stream.display(),
        coded.frames,
        coded.bytes
    );
    Ok(())
}
