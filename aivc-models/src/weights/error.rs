use aivc_entropy::TableError;
use thiserror::Error;

use crate::layers::DyadicWeightsError;

/// A width that no model of this version may have.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("width `{name}` is {value}; it must be from {minimum} to {maximum}")]
pub struct ConfigError {
    /// Field of the configuration.
    pub name: &'static str,
    /// Its value.
    pub value: usize,
    /// Least value allowed.
    pub minimum: usize,
    /// Greatest value allowed.
    pub maximum: usize,
}

pub(crate) fn check_width(
    name: &'static str,
    value: usize,
    minimum: usize,
    maximum: usize,
) -> Result<(), ConfigError> {
    if (minimum..=maximum).contains(&value) {
        Ok(())
    } else {
        Err(ConfigError {
            name,
            value,
            minimum,
            maximum,
        })
    }
}

/// What is wrong with a weights file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// Not a safetensors file, or a damaged one.
    #[error("not a readable safetensors file: {0}")]
    Safetensors(#[from] safetensors::SafeTensorError),
    /// A safetensors file of something else.
    #[error("a safetensors file, but without aivc's metadata: not written by aivc")]
    NoMetadata,
    /// The metadata is there, but not as expected.
    #[error("metadata does not parse: {0}")]
    Metadata(#[from] serde_json::Error),
    /// Written by another version of the format.
    #[error("weights format version {found}; this library reads versions up to {supported}")]
    Version {
        /// Version of the file.
        found: u32,
        /// Newest version that is read here.
        supported: u32,
    },
    /// Contents do not match the hash that they were written with.
    #[error(
        "content hash is {actual}, the file says {expected}: the file is damaged or was edited"
    )]
    Hash {
        /// Hash in the metadata.
        expected: String,
        /// Hash of the contents.
        actual: String,
    },
    /// A family that this version does not know.
    #[error("codec family `{family}` is unknown to this version of the library")]
    UnknownFamily {
        /// The family.
        family: String,
    },
    /// Weights of a codec, where those of a refinement are asked for.
    #[error("weights of a codec of the family `{family}`; a refinement is needed")]
    NoRefinement {
        /// The family.
        family: String,
    },
    /// Weights of a refinement, where those of a codec are asked for.
    #[error("weights of a refinement, which codes nothing; a codec is needed")]
    NoCodec,
    /// A width out of range.
    #[error("configuration: {0}")]
    Config(#[from] ConfigError),
    /// A tensor is missing.
    #[error("tensor `{name}` is missing")]
    Missing {
        /// Its name.
        name: String,
    },
    /// A tensor that the model does not have.
    #[error("tensor `{name}` does not belong to a model of this configuration")]
    Unexpected {
        /// Its name.
        name: String,
    },
    /// A tensor has another shape than the configuration says.
    #[error("tensor `{name}` has shape {actual:?}, the configuration needs {expected:?}")]
    Shape {
        /// Its name.
        name: String,
        /// Shape in the file.
        actual: Vec<usize>,
        /// Shape that is needed.
        expected: Vec<usize>,
    },
    /// A tensor has another element type than the format says.
    #[error("tensor `{name}` has element type {actual}, the format needs {expected}")]
    ElementType {
        /// Its name.
        name: String,
        /// Type in the file.
        actual: String,
        /// Type that is needed.
        expected: &'static str,
    },
    /// Integers that decoders could not compute with.
    #[error("tensor `{name}` holds a value out of range")]
    OutOfRange {
        /// Its name.
        name: String,
    },
    /// A model that has no kernels of 16-bit floats.
    #[error("nothing to do: no layer has a kernel of 16-bit floats")]
    NoFloatKernels,
    /// A weight is infinite or not a number.
    #[error("tensor `{name}` holds a value that is not finite")]
    NotFinite {
        /// Its name.
        name: String,
    },
    /// Integers of an exact layer that are refused.
    #[error("exact layer `{layer}`: {source}")]
    Exact {
        /// The layer.
        layer: String,
        /// What is wrong.
        source: DyadicWeightsError,
    },
    /// A table set that does not parse.
    #[error("tables `{name}`: {source}")]
    Tables {
        /// Their name.
        name: String,
        /// What is wrong.
        source: TableError,
    },
    /// A table holds values that the model cannot take.
    #[error(
        "table {table} of `{name}` reaches from {minimum} to {maximum}; the model takes ±{limit}"
    )]
    TableReach {
        /// Name of the table set.
        name: String,
        /// Which table.
        table: usize,
        /// Its least value.
        minimum: i32,
        /// Its greatest value.
        maximum: i32,
        /// What the model takes.
        limit: i32,
    },
    /// A table set of another size than the model needs.
    #[error("tables `{name}` hold {actual} tables, the configuration needs {expected}")]
    TableCount {
        /// Their name.
        name: String,
        /// Tables in the file.
        actual: usize,
        /// Tables needed.
        expected: usize,
    },
}
