use std::env;
use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::thread;

use aivc_core::evaluation::bench::{
    BdComparison, BenchError, BenchObserver, BenchOptions, BenchResults, CellName, Suite, run_bench,
};
use aivc_core::model::Backend;
use clap::Args;
use indicatif::ProgressBar;

use crate::arguments::backend_parser;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::interrupt;

/// Measure codecs on clips, beside conventional ones, and report
///
/// What was measured is kept in OUTPUT/cache and not measured again; a run that was stopped goes on
/// where it ended.
#[derive(Debug, Args)]
pub struct Arguments {
    /// What to measure (see docs/bench.md)
    #[arg(value_name = "SUITE.toml")]
    suite: PathBuf,
    /// The folder of the report, and of the cache
    #[arg(short, long, value_name = "DIR", default_value = "aivc-bench")]
    output: PathBuf,
    /// Measurements at the same time, each on one thread; all cores by default. Speeds are cleanest
    /// with 1
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// The ffmpeg program for conventional codecs and VMAF, instead of the suite's
    #[arg(long, value_name = "PROGRAM")]
    ffmpeg: Option<PathBuf>,
    /// What computes the networks
    #[arg(long, value_parser = backend_parser(), default_value_t)]
    backend: Backend,
}

pub fn run(arguments: &Arguments, console: &Console) -> Result<Outcome, Failure> {
    let suite = Suite::load(&arguments.suite).map_err(Failure::at(&arguments.suite))?;
    let cores = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let options = BenchOptions {
        output: arguments.output.clone(),
        jobs: arguments.jobs.unwrap_or_else(cores),
        ffmpeg: arguments.ffmpeg.clone(),
        backend: arguments.backend,
        program: this_program(),
    };
    let progress = Progress {
        console,
        bar: OnceLock::new(),
    };
    let results = run_bench(&suite, &options, &progress).map_err(|error| match error {
        BenchError::Cancelled => Failure::Cancelled {
            message: error.to_string(),
        },
        error => error.into(),
    });
    if let Some(bar) = progress.bar.get() {
        bar.finish_and_clear();
    }
    let results = results?;
    for left_out in &results.left_out {
        console.warning(format!(
            "{} is left out: {}",
            left_out.codec, left_out.reason
        ));
    }
    for failure in &results.failures {
        console.warning(format!(
            "{} {} on {} failed: {}",
            failure.codec, failure.quality, failure.clip, failure.message
        ));
    }
    let report = results.write(&arguments.output)?;
    console.result(summary(&results))?;
    console.note(format!("report: {}", report.display()));
    match results.failures.len() {
        0 => Ok(Outcome::Done),
        failed => Err(Failure::error(format!(
            "{failed} measurements failed; run the bench again to repeat only these"
        ))),
    }
}

/// The running program if it is the command, and not one that embeds it.
fn this_program() -> Option<PathBuf> {
    let program = env::current_exe().ok()?;
    (program.file_stem()? == "aivc").then_some(program)
}

struct Progress<'a> {
    console: &'a Console,
    bar: OnceLock<ProgressBar>,
}

impl BenchObserver for Progress<'_> {
    fn planned(&self, cells: usize, cached: usize) {
        self.console.note(format!(
            "{cells} measurements, {cached} of them in the cache"
        ));
        let bar = self.bar.get_or_init(|| {
            self.console
                .bar("measuring", "cells", Some((cells - cached) as u64))
        });
        bar.tick();
    }

    fn measured(&self, cell: &CellName) {
        if let Some(bar) = self.bar.get() {
            bar.set_message(format!("{} {} {}", cell.clip, cell.codec, cell.quality));
            bar.inc(1);
        }
    }

    fn check(&self) -> ControlFlow<()> {
        interrupt::check()
    }
}

/// BD-rates by the main metric.
fn summary(results: &BenchResults) -> String {
    let metric = results.main_metric();
    let mut text = format!(
        "{}: {} measurements; BD-rate by {}",
        results.suite,
        results.cells.len(),
        metric.title()
    );
    for reference in &results.references {
        let of_reference = |bd: &&BdComparison| bd.metric == metric && bd.reference == *reference;
        let rows: Vec<_> = results.bd.iter().filter(of_reference).collect();
        if rows.is_empty() {
            continue;
        }
        let _ = write!(text, "\nagainst {reference}:");
        for row in rows {
            let _ = write!(text, "\n  {:<24} {}", row.codec, mean(row));
        }
    }
    text
}

fn mean(row: &BdComparison) -> String {
    let Some(mean) = row.bd_rate else {
        return "none: the curves cannot be compared".to_owned();
    };
    let mut text = format!("{:+8.1} %", mean.mean);
    if let Some(confidence) = mean.confidence {
        let _ = write!(text, " ± {confidence:.1}");
    }
    if mean.clips < row.clips.len() {
        let _ = write!(text, ", {} of {} clips", mean.clips, row.clips.len());
    }
    if row.weak_clips > 0 {
        let _ = write!(text, ", little overlap on {}", row.weak_clips);
    }
    if let Some(quality) = row.bd_quality {
        let _ = write!(
            text,
            "; {:+.2}{} at equal rate",
            quality.mean,
            row.metric.unit()
        );
        if row.weak_quality_clips > 0 {
            let _ = write!(text, ", little overlap on {}", row.weak_quality_clips);
        }
    }
    text
}
