//! `aivc optimize`: smaller and faster models made of larger ones.

mod compare;
mod int8;
mod prune;

use std::io::Write;
use std::path::{Path, PathBuf};

use aivc_core::model::{FoundWeights, ModelDescription, WeightsFile, find_weights};
use aivc_core::video::OutputFile;
use clap::{Args, Subcommand};

use super::models::model_rows;
use crate::arguments::refuse_overwriting;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::report::Table;

/// Make a model smaller or faster, and say what that costs
///
/// Each change makes another model, with a weights file and a hash of its own: streams of one do not decode
/// with the other. `docs/results.md`, "Model surgery", has tables of what the changes are worth.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    operation: Operation,
}

#[derive(Debug, Subcommand)]
enum Operation {
    Int8(int8::Arguments),
    Prune(prune::Arguments),
    Compare(compare::Arguments),
}

pub fn run(arguments: &Arguments, console: &Console) -> Result<Outcome, Failure> {
    match &arguments.operation {
        Operation::Int8(arguments) => int8::run(arguments, console),
        Operation::Prune(arguments) => prune::run(arguments, console),
        Operation::Compare(arguments) => compare::run(arguments, console),
    }
}

/// The model that is changed, and where what comes of it goes.
#[derive(Debug, Args)]
struct ModelArguments {
    /// The model: a built-in one of `aivc models`, or a weights file
    #[arg(value_name = "NAME|FILE")]
    model: String,
    /// The weights file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Name of the new model, up to 64 bytes; by default that of the file written
    #[arg(long)]
    name: Option<String>,
}

impl ModelArguments {
    fn find(&self) -> Result<FoundWeights, Failure> {
        refuse_overwriting(Path::new(&self.model), &self.output)?;
        find_weights(&self.model).map_err(Failure::at(Path::new(&self.model)))
    }

    fn model_name(&self) -> Result<String, Failure> {
        let name = match &self.name {
            Some(name) => name.clone(),
            None => {
                let stem = self.output.file_stem().unwrap_or_default();
                stem.to_string_lossy().into_owned()
            }
        };
        if (1..=64).contains(&name.len()) {
            Ok(name)
        } else {
            Err(Failure::usage(format!(
                "--name: `{name}` is {} bytes long; a model's name has 1 to 64",
                name.len()
            )))
        }
    }

    /// Writes the new weights, and prints what they are beside what was there before.
    fn write(
        &self,
        before: &FoundWeights,
        after: WeightsFile,
        console: &Console,
    ) -> Result<(), Failure> {
        let after = after.renamed(&self.model_name()?);
        let bytes = after.to_bytes()?;
        let mut file = OutputFile::create(&self.output)?;
        file.write_all(&bytes).map_err(Failure::at(&self.output))?;
        file.finish()?;
        let described = |title: String, weights: &WeightsFile, bytes| -> Result<_, Failure> {
            let mut table = Table::titled(title);
            model_rows(&ModelDescription::of(weights)?, bytes, &mut table);
            Ok(table.into_text())
        };
        console.result(described(
            format!("before: {}", self.model),
            &before.weights,
            before.bytes,
        )?)?;
        console.result(described(
            format!("after: {}", self.output.display()),
            &after,
            bytes.len(),
        )?)
    }
}
