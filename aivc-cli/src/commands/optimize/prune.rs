use std::path::{Path, PathBuf};

use aivc_core::model::{FoundWeights, PruneError, PruneTarget, Widths, prune};
use clap::Args;

use super::ModelArguments;
use crate::arguments::ComputeArguments;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::interrupt;

/// Cut the channels that carry least on pictures: a smaller and faster model, to be trained on
///
/// For models of the families hyperprior and factorized. Give a share of all channels, a cost of the decoder,
/// or widths by kind, where what is not named stays. What is left loses quality; train it further by a recipe
/// whose `start` is the file written (recipes/prune.toml), with the [model] that is printed.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    model: ModelArguments,
    /// A folder of PNG or JPEG pictures to judge channels on, such as the training set's
    #[arg(long, value_name = "DIR")]
    pictures: PathBuf,
    #[command(flatten)]
    target: TargetArguments,
    #[command(flatten)]
    compute: ComputeArguments,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct TargetArguments {
    /// Share of the channels of each kind that stay, above 0 and below 1
    #[arg(long, value_name = "SHARE", conflicts_with_all = ["kmac", "hidden", "latent", "hyper"])]
    keep: Option<f64>,
    /// What decoding may cost at most, in thousands of multiplications a pixel
    #[arg(long, value_name = "KMAC", conflicts_with_all = ["hidden", "latent", "hyper"])]
    kmac: Option<f64>,
    /// Channels inside the residual blocks that stay
    #[arg(long, value_name = "N")]
    hidden: Option<usize>,
    /// Channels of the latent that stay
    #[arg(long, value_name = "N")]
    latent: Option<usize>,
    /// Channels of the hyper-latent that stay
    #[arg(long, value_name = "N")]
    hyper: Option<usize>,
}

impl TargetArguments {
    fn target(&self, before: &FoundWeights) -> Result<PruneTarget, Failure> {
        if let Some(share) = self.keep {
            return Ok(PruneTarget::Share(share));
        }
        if let Some(kmac) = self.kmac {
            return Ok(PruneTarget::DecoderKmac(kmac));
        }
        let all = Widths::of(&before.weights)?;
        if self.hyper.is_some() && all.hyper.is_none() {
            return Err(Failure::usage(
                "--hyper: this model has no hyper-latent; leave it out",
            ));
        }
        Ok(PruneTarget::Widths(Widths {
            hidden: self.hidden.unwrap_or(all.hidden),
            latent: self.latent.unwrap_or(all.latent),
            hyper: self.hyper.or(all.hyper),
        }))
    }
}

pub fn run(arguments: &Arguments, console: &Console) -> Result<Outcome, Failure> {
    arguments.compute.apply()?;
    let model = Path::new(&arguments.model.model);
    let before = arguments.model.find()?;
    let target = arguments
        .target
        .target(&before)
        .map_err(|failure| failure.about(model))?;
    let bar = console.bar("judging", "pictures", None);
    let backend = arguments.compute.backend;
    let pruned = prune(
        &before.weights,
        target,
        &arguments.pictures,
        backend,
        &mut |done, total| {
            bar.set_length(total);
            bar.set_position(done);
            interrupt::check()
        },
    );
    bar.finish_and_clear();
    let pruned = pruned.map_err(|error| match error {
        PruneError::Cancelled => Failure::Cancelled {
            message: error.to_string(),
        },
        PruneError::Video(_) | PruneError::NoPictures { .. } => {
            Failure::from(error).about(&arguments.pictures)
        }
        error => Failure::from(error).about(model),
    })?;
    let config: serde_json::Value = pruned.config()?;
    let transform = &config["transform"];
    let hyper = match config.get("hyper") {
        Some(hyper) => format!(", hyper = {hyper}"),
        None => String::new(),
    };
    let family = pruned.family().to_owned();
    arguments.model.write(&before, pruned, console)?;
    console.note(format!(
        "to train it on: start = \"{}\" and model = {{ family = \"{family}\", transform = {{ blocks = {}, \
         hidden = {}, latent = {} }}{hyper} }} in a recipe",
        arguments.model.output.display(),
        transform["blocks"],
        transform["hidden"],
        transform["latent"],
    ));
    Ok(Outcome::Done)
}
