use aivc_core::model::{
    BUILTIN_MODELS, BUILTIN_REFINEMENTS, BuiltinModel, ModelDescription, WeightsFile,
};
use clap::Args;
use serde_json::json;

use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::report::Table;

/// List the built-in models, and the refinements of decoded frames
#[derive(Debug, Args)]
pub struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, console: &Console) -> Result<Outcome, Failure> {
    let mut models = Vec::new();
    for builtin in BUILTIN_MODELS.iter().chain(BUILTIN_REFINEMENTS) {
        let description = ModelDescription::of(&WeightsFile::from_bytes(builtin.weights)?)?;
        if arguments.json {
            models.push(json!({
                "name": builtin.name,
                "description": builtin.description,
                "bytes": builtin.weights.len(),
                "model": description,
            }));
        } else {
            console.result(describe(builtin, &description))?;
        }
    }
    if arguments.json {
        console
            .result(serde_json::to_string_pretty(&models).expect("descriptions are plain data"))?;
    }
    Ok(Outcome::Done)
}

fn describe(builtin: &BuiltinModel, model: &ModelDescription) -> String {
    let mut table = Table::titled(format!("{}: {}", builtin.name, builtin.description));
    model_rows(model, builtin.weights.len(), &mut table);
    table.into_text()
}

/// Whether these weights code nothing, but are for `--refine`.
pub fn is_refinement(model: &ModelDescription) -> bool {
    model.family == "refinement"
}

/// What is to be said of every weights file.
pub fn model_rows(model: &ModelDescription, bytes: usize, table: &mut Table) {
    table.row("family", &model.family);
    table.row(
        "qualities",
        match model.quality_levels {
            1 => "one, fixed by the weights".to_owned(),
            levels => format!("0 to {}", levels - 1),
        },
    );
    table.row("parameters", model.parameters);
    table.row("size", format!("{bytes} bytes"));
    let (encoder, decoder) = (model.encoder_kmac_per_pixel, model.decoder_kmac_per_pixel);
    table.row(
        "cost",
        if is_refinement(model) {
            format!("{decoder:.2} kMAC/pixel shown")
        } else {
            format!("encoder {encoder:.2}, decoder {decoder:.2} kMAC/pixel")
        },
    );
    table.row("hash", &model.hash);
}
