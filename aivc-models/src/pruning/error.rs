use thiserror::Error;

use crate::weights::WeightsError;

/// Why a model cannot be pruned.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PruningError {
    /// A family that is not pruned.
    #[error(
        "models of the family `{family}` cannot be pruned; those of `hyperprior` and `factorized` can"
    )]
    Family {
        /// The family.
        family: String,
    },
    /// A share of channels out of range.
    #[error("the share of channels to keep is {value}; it must be above 0 and below 1")]
    Share {
        /// The share.
        value: f64,
    },
    /// A width that the model cannot be cut to.
    #[error("width `{name}` cannot be {value}; this model can keep 1 to {maximum} channels")]
    Width {
        /// Its name.
        name: &'static str,
        /// What was asked for.
        value: usize,
        /// What the model has.
        maximum: usize,
    },
    /// A decoder that no cut makes so cheap.
    #[error(
        "the decoder cannot be cut to {value} kMAC/pixel; a single channel of each kind takes {least:.2}"
    )]
    Cost {
        /// What was asked for.
        value: f64,
        /// What is left in any case.
        least: f64,
    },
    /// All channels stay.
    #[error("nothing to do: all channels would stay")]
    NothingToCut,
    /// No picture was shown, so that no channel carries anything.
    #[error("no picture to judge channels on")]
    NothingSeen,
    /// Weights that do not make a model.
    #[error(transparent)]
    Weights(#[from] WeightsError),
}
