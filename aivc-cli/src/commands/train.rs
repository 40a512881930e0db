use std::path::PathBuf;

use aivc_core::training::{LogRecord, Recipe, StartFrom, TrainingEvent, train_on_backend};
use clap::Args;
use indicatif::ProgressBar;

use crate::arguments::ComputeArguments;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::interrupt;

/// Train a model by a recipe
///
/// The recipe's output folder gets the weights (ready for `--model` at any time), log.jsonl,
/// plot.svg and checkpoints. Ctrl-C writes a checkpoint before it ends.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The recipe
    #[arg(value_name = "RECIPE.toml")]
    recipe: PathBuf,
    /// Go on from the last checkpoint in the recipe's output folder
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    compute: ComputeArguments,
}

pub fn run(arguments: &Arguments, console: &Console) -> Result<Outcome, Failure> {
    arguments.compute.apply()?;
    let recipe = Recipe::load(&arguments.recipe).map_err(Failure::at(&arguments.recipe))?;
    let start = if arguments.resume {
        StartFrom::Checkpoint
    } else {
        StartFrom::Scratch
    };
    let bar = console.bar("training", "steps", Some(recipe.optimization.steps));
    let result = train_on_backend(arguments.compute.backend, &recipe, start, &mut |event| {
        match event {
            TrainingEvent::Stepped { step, .. } => bar.set_position(step),
            TrainingEvent::Logged(record) => show(record, &bar, console),
            _ => {}
        }
        interrupt::check()
    });
    bar.finish_and_clear();
    // Not by `?`: an error while a cancelled run saves itself is the news.
    let summary = result.map_err(|error| match interrupt::is_requested() {
        true => Failure::error(format!(
            "cancelled, and the checkpoint could not be written: {error}"
        )),
        false => error.into(),
    })?;
    let output = &recipe.output;
    console.note(format!(
        "weights {}, log {}, plot {}",
        summary.weights.display(),
        output.join("log.jsonl").display(),
        output.join("plot.svg").display()
    ));
    if !summary.finished {
        return Err(Failure::Cancelled {
            message: format!(
                "cancelled after step {} of {}; a checkpoint is written, go on with --resume",
                summary.step, recipe.optimization.steps
            ),
        });
    }
    console.note(format!(
        "{} steps in {:.0} s",
        summary.step, summary.elapsed_seconds
    ));
    Ok(Outcome::Done)
}

fn show(record: &LogRecord, bar: &ProgressBar, console: &Console) {
    let line = match record {
        LogRecord::Steps {
            step,
            loss,
            bits_per_pixel,
            psnr,
            samples_per_second,
            perplexity,
            ..
        } => {
            let mut figures = format!(
                "loss {loss:.4}  {bits_per_pixel:.3} bits/pixel  {psnr:.2} dB  {samples_per_second:.1} samples/s"
            );
            if !perplexity.is_empty() {
                let stages: Vec<_> = perplexity.iter().map(|p| format!("{p:.1}")).collect();
                figures += &format!("  perplexity {}", stages.join(" "));
            }
            if console.shows_bars() {
                bar.set_message(figures);
                return;
            }
            format!("step {step}: {figures}")
        }
        LogRecord::Start {
            step,
            steps,
            device,
            parameters,
            pictures,
        } => {
            let pictures: usize = pictures.iter().sum();
            format!(
                "steps {step} to {steps} on {device}: {parameters} parameters, {pictures} pictures"
            )
        }
        LogRecord::Skipped { step } => {
            format!("step {step} was left out: its gradient is not finite")
        }
        LogRecord::Validation { step, points } => {
            let points: Vec<_> = points
                .iter()
                .map(|point| {
                    format!(
                        "quality {}: {:.3} bits/pixel {:.2} dB",
                        point.quality, point.bits_per_pixel, point.psnr
                    )
                })
                .collect();
            format!("validation at step {step}: {}", points.join(", "))
        }
        _ => return,
    };
    bar.suspend(|| console.note(line));
}
