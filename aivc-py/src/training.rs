use std::ops::ControlFlow;
use std::path::PathBuf;

use aivc_core::training::{LogRecord, Recipe, StartFrom, TrainingEvent, train_on_backend};
use pyo3::prelude::*;
use serde_json::json;

use crate::failure::Failure;
use crate::interruptible::{Observer, run_interruptible};
use crate::model::backend_named;
use crate::sources::thread_count;

/// Steps done, steps of the run, and a record of the log in JSON.
type Event = (u64, u64, Option<String>);

/// Trains by a recipe, the path of a TOML file or JSON; returns a summary in JSON.
#[pyfunction]
pub fn train(
    py: Python<'_>,
    path: Option<PathBuf>,
    json: Option<&str>,
    resume: bool,
    backend: Option<&str>,
    threads: Option<usize>,
    progress: Option<&Bound<'_, PyAny>>,
) -> Result<String, Failure> {
    let recipe = match (path, json) {
        (Some(path), _) => py.detach(|| Recipe::load(path))?,
        (None, json) => {
            let json = json.unwrap_or_default();
            let recipe: Recipe = serde_json::from_str(json)
                .map_err(|error| Failure::argument(format!("recipe: {error}")))?;
            recipe.validate()?;
            recipe
        }
    };
    let backend = backend_named(backend)?;
    let start = if resume {
        StartFrom::Checkpoint
    } else {
        StartFrom::Scratch
    };
    let steps = recipe.optimization.steps;
    let work = |observer: &mut Observer<'_, Event>| {
        train_on_backend(backend, &recipe, start, &mut |event| match event {
            TrainingEvent::Stepped { step, steps } => observer.tell((step, steps, None)),
            TrainingEvent::Logged(record) => {
                let line = serde_json::to_string(record).expect("records are plain data");
                observer.tell((step_of(record), steps, Some(line)))
            }
            _ => ControlFlow::Continue(()),
        })
    };
    let summary = run_interruptible(py, thread_count(threads)?, progress, work)??;
    Ok(json!({
        "step": summary.step,
        "finished": summary.finished,
        "elapsed_seconds": summary.elapsed_seconds,
        "weights": summary.weights,
        "best_weights": summary.best.as_ref().map(|best| &best.weights),
        "best_step": summary.best.as_ref().map(|best| best.step),
        "output": recipe.output,
    })
    .to_string())
}

fn step_of(record: &LogRecord) -> u64 {
    match *record {
        LogRecord::Start { step, .. }
        | LogRecord::Steps { step, .. }
        | LogRecord::Skipped { step }
        | LogRecord::RolledBack { step, .. }
        | LogRecord::Validation { step, .. } => step,
        _ => 0,
    }
}
