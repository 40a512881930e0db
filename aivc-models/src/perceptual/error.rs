use safetensors::SafeTensorError;
use thiserror::Error;

/// Why a file is no LPIPS network.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LpipsError {
    /// No safetensors file, or a damaged one.
    #[error("no safetensors file: {0}")]
    Safetensors(#[from] SafeTensorError),
    /// A tensor is not there.
    #[error(
        "tensor `{name}` is missing; a file of the Python package lpips with `net=\"alex\"` has it"
    )]
    Missing {
        /// Its name.
        name: String,
    },
    /// A tensor of other numbers.
    #[error("tensor `{name}` has type {found}; LPIPS weights are F32")]
    Type {
        /// Its name.
        name: String,
        /// Its type.
        found: String,
    },
    /// A tensor that does not fit the others.
    #[error("tensor `{name}` has shape {found:?} instead of {expected}")]
    Shape {
        /// Its name.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// What it should be.
        expected: String,
    },
    /// A weight that is no number.
    #[error("tensor `{name}` has a weight that is not finite")]
    NotFinite {
        /// Its name.
        name: String,
    },
}
