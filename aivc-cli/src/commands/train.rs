use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use aivc_core::training::{
    LogRecord, Recipe, StartFrom, TrainingEvent, TrainingSummary, train_on_backend,
};
use clap::Args;
use indicatif::ProgressBar;

use crate::arguments::ComputeArguments;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::interrupt;

/// Train a model by a recipe
///
/// The recipe's output folder gets the weights (ready for `--model` at any time), log.jsonl,
/// plot.svg and checkpoints. Ctrl-C writes a checkpoint before it ends. With a [validation] in the recipe the
/// best weights of all validations are kept too, as NAME.best.safetensors.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The recipe
    #[arg(value_name = "RECIPE.toml")]
    recipe: PathBuf,
    /// Go on from the last checkpoint in the recipe's output folder
    #[arg(long)]
    resume: bool,
    /// Stop after so long, with a checkpoint to --resume from exactly: 90s, 9m, 1h. The step and the
    /// validation at hand are finished first
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    stop_after: Option<Duration>,
    /// In the end, let NAME.safetensors be the best weights of all validations, not the last ones
    #[arg(long)]
    best: bool,
    #[command(flatten)]
    compute: ComputeArguments,
}

/// Seconds, minutes or hours, as the letter behind the number says.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.trim().char_indices().last() {
        Some((at, 's')) => (&text[..at], 1.0),
        Some((at, 'm')) => (&text[..at], 60.0),
        Some((at, 'h')) => (&text[..at], 3600.0),
        _ => (text, 1.0),
    };
    let seconds = number.trim().parse::<f64>().unwrap_or(f64::NAN) * unit;
    // A year: more is a mistake.
    if seconds > 0.0 && seconds < 3.2e7 {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("a time above 0, such as 90s, 9m or 1h".to_owned())
    }
}

pub fn run(arguments: &Arguments, console: &Console) -> Result<Outcome, Failure> {
    let begun = Instant::now();
    arguments.compute.apply()?;
    let recipe = Recipe::load(&arguments.recipe).map_err(Failure::at(&arguments.recipe))?;
    let start = if arguments.resume {
        StartFrom::Checkpoint
    } else {
        StartFrom::Scratch
    };
    let bar = console.bar("training", "steps", Some(recipe.optimization.steps));
    let mut minutes = Minutes::new(recipe.optimization.steps);
    let time_is_up = || {
        arguments
            .stop_after
            .is_some_and(|limit| begun.elapsed() >= limit)
    };
    let result = train_on_backend(arguments.compute.backend, &recipe, start, &mut |event| {
        match event {
            TrainingEvent::Stepped { step, .. } => {
                bar.set_position(step);
                if let Some(line) = minutes.stepped(step) {
                    bar.suspend(|| console.note(line));
                }
            }
            TrainingEvent::Logged(record) => {
                minutes.logged(record);
                show(record, &bar, console);
            }
            _ => {}
        }
        if time_is_up() {
            return ControlFlow::Break(());
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
    describe_best(&summary, arguments.best, console)?;
    if !summary.finished && !interrupt::is_requested() {
        console.note(format!(
            "time is up after step {} of {}; go on with --resume",
            summary.step, recipe.optimization.steps
        ));
        return Ok(Outcome::Done);
    }
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

/// Says which weights did best, and puts them into place if that is asked for.
fn describe_best(
    summary: &TrainingSummary,
    export: bool,
    console: &Console,
) -> Result<(), Failure> {
    let Some(best) = &summary.best else {
        if export {
            console
                .warning("no validation has said which weights are best; the last ones are kept");
        }
        return Ok(());
    };
    console.note(format!(
        "best of validation: step {}, cost {:.4}, {}",
        best.step,
        best.cost,
        best.weights.display()
    ));
    if export {
        summary.export_best()?;
        console.note(format!("{} are these", summary.weights.display()));
    }
    Ok(())
}

/// A line a minute for those who look at a run from afar.
struct Minutes {
    steps: u64,
    last: Instant,
    /// Step at which the last minute began; none before the first step.
    first_step: Option<u64>,
    figures: String,
    left_out: u64,
}

impl Minutes {
    const LENGTH: Duration = Duration::from_secs(60);

    fn new(steps: u64) -> Self {
        Self {
            steps,
            last: Instant::now(),
            first_step: None,
            figures: String::new(),
            left_out: 0,
        }
    }

    fn logged(&mut self, record: &LogRecord) {
        match record {
            LogRecord::Steps {
                loss,
                bits_per_pixel,
                psnr,
                gradient_norm,
                ..
            } => {
                self.figures = format!(
                    ", loss {loss:.4}, {bits_per_pixel:.3} bits/pixel, {psnr:.2} dB, \
                     gradient norm {gradient_norm:.3}"
                );
            }
            LogRecord::Skipped { .. } => self.left_out += 1,
            _ => {}
        }
    }

    /// The line, if a minute is over.
    fn stepped(&mut self, step: u64) -> Option<String> {
        let first = *self.first_step.get_or_insert_with(|| {
            // What came before the first step, such as reading data, is no step's time.
            self.last = Instant::now();
            step
        });
        let elapsed = self.last.elapsed();
        if elapsed < Self::LENGTH {
            return None;
        }
        let rate = step.saturating_sub(first) as f64 / elapsed.as_secs_f64();
        let minutes_left = (self.steps - step) as f64 / rate.max(1e-9) / 60.0;
        let left_out = match self.left_out {
            0 => String::new(),
            count => format!(", {count} steps left out"),
        };
        let line = format!(
            "minute: step {step} of {}{}{left_out}, {rate:.2} steps/s, {minutes_left:.0} min left",
            self.steps, self.figures
        );
        self.last = Instant::now();
        self.first_step = Some(step);
        self.left_out = 0;
        Some(line)
    }
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
            format!("step {step} was left out: its loss or gradient is not finite")
        }
        LogRecord::RolledBack {
            step,
            to,
            rate_factor,
        } => format!(
            "at step {step} the run is broken; it goes on from step {to} with {rate_factor} of the learning rate"
        ),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units_and_limits() {
        let seconds = |text| parse_duration(text).map(|time| time.as_secs_f64());
        assert_eq!(seconds("9m"), Ok(540.0));
        assert_eq!(seconds("90"), Ok(90.0));
        assert_eq!(seconds("1.5h"), Ok(5400.0));
        for wrong in ["", "m", "0s", "-1m", "nan", "inf", "9x", "99999h"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_line_comes_when_a_minute_is_over_and_counts_what_was_left_out() {
        let mut minutes = Minutes::new(100);
        assert_eq!(minutes.stepped(1), None);
        minutes.logged(&LogRecord::Skipped { step: 5 });
        minutes.last -= Minutes::LENGTH;
        let line = minutes.stepped(31).unwrap();
        for part in [
            "step 31 of 100",
            "1 steps left out",
            "0.50 steps/s",
            "2 min left",
        ] {
            assert!(line.contains(part), "{line}");
        }
        assert_eq!(minutes.stepped(32), None);
    }
}
