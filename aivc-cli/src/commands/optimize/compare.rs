use std::path::{Path, PathBuf};

use aivc_core::evaluation::{ComparedModel, EvaluationError, ModelRow, compare_models};
use aivc_core::model::find_weights;
use clap::Args;

use crate::arguments::ComputeArguments;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::interrupt;

/// Measure models on pictures: size, cost, rate against the first one, and speed
///
/// Every picture is coded and decoded by each model in turn, at six qualities. Prints a table in Markdown.
/// Speeds are given as times those of the first model, which mean the same on a busy machine.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The models: built-in ones of `aivc models`, or weights files; the first is what the others are held
    /// against
    #[arg(value_name = "NAME|FILE", required = true, num_args = 1..)]
    models: Vec<String>,
    /// A folder of PNG or JPEG pictures
    #[arg(long, value_name = "DIR")]
    pictures: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    compute: ComputeArguments,
}

pub fn run(arguments: &Arguments, console: &Console) -> Result<Outcome, Failure> {
    arguments.compute.apply()?;
    let found = arguments.models.iter().map(|name| {
        let found = find_weights(name);
        found.map_err(Failure::at(Path::new(name)))
    });
    let found = found.collect::<Result<Vec<_>, _>>()?;
    let models: Vec<_> = found
        .iter()
        .map(|found| ComparedModel {
            weights: &found.weights,
            bytes: found.bytes,
        })
        .collect();
    let bar = console.bar("measuring", "pictures", None);
    let folder = &arguments.pictures;
    let rows = compare_models(
        &models,
        folder,
        arguments.compute.backend,
        &mut |done, total| {
            bar.set_length(total);
            bar.set_position(done);
            interrupt::check()
        },
    );
    bar.finish_and_clear();
    let rows = rows.map_err(|error| match error {
        EvaluationError::Cancelled { .. } => Failure::Cancelled {
            message: error.to_string(),
        },
        EvaluationError::Video(_) => Failure::from(error).about(folder),
        error => error.into(),
    })?;
    console.result(if arguments.json {
        serde_json::to_string_pretty(&rows).expect("rows are plain data")
    } else {
        markdown(&rows)
    })?;
    Ok(Outcome::Done)
}

fn markdown(rows: &[ModelRow]) -> String {
    let mut lines = vec![
        "| model | size, kB | parameters | kMAC/pixel, encoder | decoder | BD-rate | bit/pixel | PSNR, dB | encode, pictures/s | decode, pictures/s |".to_owned(),
        format!("|{}", "---|".repeat(10)),
    ];
    let Some(first) = rows.first() else {
        return lines.concat();
    };
    for row in rows {
        let model = &row.model;
        let rate = match (row.bd_rate_percent, &row.bd_rate_error) {
            (Some(percent), _) => format!("{percent:+.1} %"),
            (None, Some(error)) => format!("({error})"),
            (None, None) => "–".to_owned(),
        };
        let speed = |own: f64, of_first: f64| format!("{own:.2} ({:.2}×)", own / of_first);
        lines.push(format!(
            "| {} | {:.0} | {} | {:.2} | {:.2} | {rate} | {:.4} | {:.2} | {} | {} |",
            model.name,
            row.bytes as f64 / 1000.0,
            model.parameters,
            model.encoder_kmac_per_pixel,
            model.decoder_kmac_per_pixel,
            row.bits_per_pixel,
            row.psnr,
            speed(row.encoded_per_second, first.encoded_per_second),
            speed(row.decoded_per_second, first.decoded_per_second),
        ));
    }
    lines.join("\n")
}
