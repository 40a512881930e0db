use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use aivc_core::model::{Backend, ExactLayerBound, Model, ModelDescription, Refiner, WeightsFile};
use clap::Args;
use serde_json::json;

use super::decode::describe_index;
use super::eval::is_stream;
use super::models::{is_refinement, model_rows};
use crate::arguments::is_dash;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::report::Table;
use crate::stream_summary::StreamSummary;

/// Bytes of a weights file before its JSON header, and the first of that.
const WEIGHTS_START: usize = 9;

/// Describe an .aivc stream or a weights file
///
/// A stream is read to its end, without decoding it; the exit code is 3 if it is damaged.
#[derive(Debug, Args)]
pub struct Arguments {
    /// An .aivc stream (- for standard input), or a weights file
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, console: &Console) -> Result<Outcome, Failure> {
    let path = &arguments.file;
    if is_dash(path) || is_stream(path)? {
        return describe_stream(arguments, console);
    }
    let bytes = fs::read(path).map_err(Failure::at(path))?;
    if !looks_like_weights(&bytes) {
        return Err(Failure::error(format!(
            "{}: neither an .aivc stream nor a weights file; give one of these",
            path.display()
        )));
    }
    describe_weights(path, &bytes, arguments.json, console)
}

fn describe_stream(arguments: &Arguments, console: &Console) -> Result<Outcome, Failure> {
    let path = &arguments.file;
    let summary = StreamSummary::read(path)?;
    if arguments.json {
        console
            .result(serde_json::to_string_pretty(&summary).expect("summaries are plain data"))?;
    } else {
        console.result(summary.to_text(&path.display().to_string()))?;
    }
    for damage in &summary.damage {
        console.warning(format!("{}: {damage}", path.display()));
    }
    if let Some(what) = describe_index(summary.index_status) {
        console.warning(format!("{}: {what}", path.display()));
    }
    Ok(if summary.is_sound() {
        Outcome::Done
    } else {
        Outcome::Damaged
    })
}

/// Whether a file begins as safetensors do: a length, then JSON.
fn looks_like_weights(bytes: &[u8]) -> bool {
    let mut start = [0; WEIGHTS_START];
    let mut source = bytes;
    source.read_exact(&mut start).is_ok() && start[WEIGHTS_START - 1] == b'{'
}

fn describe_weights(
    path: &Path,
    bytes: &[u8],
    json: bool,
    console: &Console,
) -> Result<Outcome, Failure> {
    let weights = WeightsFile::from_bytes(bytes).map_err(Failure::at(path))?;
    let description = ModelDescription::of(&weights).map_err(Failure::at(path))?;
    // Loading proves the bounds; which backend does it makes no difference.
    let backend = Backend::default();
    let bounds = if is_refinement(&description) {
        Refiner::from_weights(&weights, backend).map_err(Failure::at(path))?;
        Vec::new()
    } else {
        let model = Model::from_weights(&weights, backend).map_err(Failure::at(path))?;
        model.frame_codec().exact_layer_bounds()
    };
    if json {
        let layers: Vec<_> = bounds
            .iter()
            .map(
                |ExactLayerBound {
                     layer,
                     worst_partial_sum,
                 }| {
                    json!({ "layer": layer, "worst_partial_sum": worst_partial_sum })
                },
            )
            .zip(&bounds)
            .map(|(mut layer, bound)| {
                layer["share_of_limit"] = bound.share().into();
                layer
            })
            .collect();
        let report = json!({
            "kind": "weights",
            "bytes": bytes.len(),
            "model": description,
            "exact_layers": layers,
        });
        console.result(format!("{report:#}"))?;
        return Ok(Outcome::Done);
    }
    let mut table = Table::titled(format!(
        "{}: weights of {}",
        path.display(),
        description.name
    ));
    model_rows(&description, bytes.len(), &mut table);
    table.row("config", &description.config);
    for bound in &bounds {
        let share = 100.0 * bound.share();
        table.row(
            "exact layer",
            format!(
                "{}: sums up to {} units, {share:.1} % of 2^24",
                bound.layer, bound.worst_partial_sum
            ),
        );
    }
    if is_refinement(&description) {
        table.row("exact", "nothing: what it shows, nothing is decoded from");
    } else if bounds.is_empty() {
        table.row(
            "exact",
            "nothing but the tables is on this family's entropy path",
        );
    }
    console.result(table.into_text())?;
    Ok(Outcome::Done)
}
