use std::collections::{BTreeMap, HashMap};

use aivc_entropy::TableSet;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{WeightsError, WeightsHash};
use crate::layers::DyadicWeights;

/// Newest version of the weights format that this library writes and reads. Files are of the oldest
/// version that can hold them: 1, or 2 with kernels of 8-bit integers.
pub const WEIGHTS_FORMAT_VERSION: u32 = INT8_FORMAT_VERSION;
pub(super) const FIRST_FORMAT_VERSION: u32 = 1;
/// The version whose float layers have kernels of 8-bit integers.
pub(super) const INT8_FORMAT_VERSION: u32 = 2;
const METADATA_KEY: &str = "aivc";

/// A model on its way to or from a file: see the [module](crate::weights) for the format.
#[derive(Debug, Clone)]
pub struct WeightsFile {
    pub(super) format_version: u32,
    family: String,
    name: String,
    config: serde_json::Value,
    pub(super) tensors: BTreeMap<String, HostTensor>,
}

#[derive(Debug, Clone)]
pub(super) struct HostTensor {
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Metadata {
    format_version: u32,
    family: String,
    name: String,
    config: serde_json::Value,
    hash: String,
}

/// The part of the metadata that every version has.
#[derive(Deserialize)]
struct VersionOnly {
    format_version: u32,
}

impl WeightsFile {
    /// A file without tensors.
    ///
    /// # Panics
    /// If the configuration does not turn into JSON, which burn's configurations do.
    pub fn new(family: &str, name: &str, config: &impl Serialize) -> Self {
        Self {
            format_version: FIRST_FORMAT_VERSION,
            family: family.to_owned(),
            name: name.to_owned(),
            config: to_json(config),
            tensors: BTreeMap::new(),
        }
    }

    pub(super) fn set_config(&mut self, config: &impl Serialize) {
        self.config = to_json(config);
    }

    /// Reads a file and checks version and content hash.
    ///
    /// # Errors
    /// [`WeightsError`], saying what is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WeightsError> {
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let metadata = header
            .metadata()
            .as_ref()
            .and_then(|entries| entries.get(METADATA_KEY))
            .ok_or(WeightsError::NoMetadata)?;
        let VersionOnly { format_version } = serde_json::from_str(metadata)?;
        if !(FIRST_FORMAT_VERSION..=WEIGHTS_FORMAT_VERSION).contains(&format_version) {
            return Err(WeightsError::Version {
                found: format_version,
                supported: WEIGHTS_FORMAT_VERSION,
            });
        }
        let mut metadata: Metadata = serde_json::from_str(metadata)?;
        // The hash must not hang on the feature `preserve_order` of serde_json, which any crate of
        // a program can switch on.
        metadata.config.sort_all_objects();
        let tensors = SafeTensors::deserialize(bytes)?
            .tensors()
            .into_iter()
            .map(|(name, view)| {
                let tensor = HostTensor {
                    dtype: view.dtype(),
                    shape: view.shape().to_vec(),
                    bytes: view.data().to_vec(),
                };
                (name, tensor)
            })
            .collect();
        let file = Self {
            format_version,
            family: metadata.family,
            name: metadata.name,
            config: metadata.config,
            tensors,
        };
        let actual = file.hash().to_string();
        if actual != metadata.hash {
            return Err(WeightsError::Hash {
                expected: metadata.hash,
                actual,
            });
        }
        Ok(file)
    }

    /// The file's bytes; the same model gives the same bytes.
    ///
    /// # Errors
    /// [`WeightsError::Safetensors`] if a tensor is inconsistent.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WeightsError> {
        let metadata = Metadata {
            format_version: self.format_version,
            family: self.family.clone(),
            name: self.name.clone(),
            config: self.config.clone(),
            hash: self.hash().to_string(),
        };
        let metadata =
            HashMap::from([(METADATA_KEY.to_owned(), serde_json::to_string(&metadata)?)]);
        let views = self
            .tensors
            .iter()
            .map(|(name, tensor)| {
                TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes)
                    .map(|view| (name, view))
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(safetensors::serialize(views, Some(metadata))?)
    }

    /// The codec family.
    pub fn family(&self) -> &str {
        &self.family
    }

    /// The model's display name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file under another display name, which does not change its hash.
    #[must_use]
    pub fn renamed(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// The configuration as JSON.
    pub fn config_json(&self) -> String {
        self.config.to_string()
    }

    /// The configuration of the family's type.
    ///
    /// # Errors
    /// [`WeightsError::Metadata`] if it does not parse.
    pub fn config<C: DeserializeOwned>(&self) -> Result<C, WeightsError> {
        Ok(serde_json::from_value(self.config.clone())?)
    }

    /// The content hash.
    pub fn hash(&self) -> WeightsHash {
        WeightsHash::of(
            self.format_version,
            &self.family,
            &self.config_json(),
            &self.tensors,
        )
    }

    /// Number of parameters: elements of all tensors that are neither tables nor scales of integers.
    pub fn parameters(&self) -> usize {
        let is_weight = |name: &str| !name.starts_with("tables.") && !name.ends_with(".scales");
        let weights = self.tensors.iter().filter(|(name, _)| is_weight(name));
        weights
            .map(|(_, tensor)| tensor.shape.iter().product::<usize>())
            .sum()
    }

    /// Stores the integers of an exact layer in place of its float weights.
    pub fn store_exact(&mut self, layer: &str, weights: &DyadicWeights) {
        let channels = weights.shape[0];
        let bytes_of = |values: &[i8]| values.iter().map(|&v| v as u8).collect();
        self.insert(
            format!("{layer}.weight"),
            Dtype::I8,
            weights.shape.to_vec(),
            bytes_of(&weights.mantissas),
        );
        self.insert(
            format!("{layer}.exponents"),
            Dtype::I8,
            vec![channels],
            bytes_of(&weights.exponents),
        );
        self.store_integers(&format!("{layer}.bias"), &[channels], &weights.bias);
    }

    /// The integers of an exact layer; not yet proved.
    ///
    /// # Errors
    /// [`WeightsError`] if a tensor is missing or of the wrong shape or type.
    pub fn exact(&self, layer: &str, shape: [usize; 4]) -> Result<DyadicWeights, WeightsError> {
        let signed = |bytes: &[u8]| bytes.iter().map(|&b| b as i8).collect();
        let mantissas = signed(self.typed(&format!("{layer}.weight"), Dtype::I8, "I8", &shape)?);
        let exponents =
            signed(self.typed(&format!("{layer}.exponents"), Dtype::I8, "I8", &shape[..1])?);
        let bias = self.integers(&format!("{layer}.bias"), &shape[..1])?;
        Ok(DyadicWeights {
            shape,
            mantissas,
            exponents,
            bias,
        })
    }

    /// Stores integers that decoders compute with.
    pub(crate) fn store_integers(&mut self, name: &str, shape: &[usize], values: &[i32]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.insert(name.to_owned(), Dtype::I32, shape.to_vec(), bytes.collect());
    }

    /// Integers of this shape.
    ///
    /// # Errors
    /// [`WeightsError`] if they are missing or of the wrong shape or type.
    pub(crate) fn integers(&self, name: &str, shape: &[usize]) -> Result<Vec<i32>, WeightsError> {
        let bytes = self.typed(name, Dtype::I32, "I32", shape)?;
        let chunks = bytes.as_chunks::<4>().0.iter();
        Ok(chunks.map(|bytes| i32::from_le_bytes(*bytes)).collect())
    }

    /// Stores a table set.
    pub fn store_tables(&mut self, name: &str, tables: &TableSet) {
        let bytes = tables.to_bytes();
        self.insert(name.to_owned(), Dtype::U8, vec![bytes.len()], bytes);
    }

    /// A table set of exactly `count` tables.
    ///
    /// # Errors
    /// [`WeightsError`] if it is missing, does not parse, or has another size.
    pub fn tables(&self, name: &str, count: usize) -> Result<TableSet, WeightsError> {
        let tensor = self.tensor(name)?;
        if tensor.dtype != Dtype::U8 {
            return Err(element_type(name, tensor.dtype, "U8"));
        }
        let tables =
            TableSet::from_bytes(&tensor.bytes).map_err(|source| WeightsError::Tables {
                name: name.to_owned(),
                source,
            })?;
        if tables.len() != count {
            return Err(WeightsError::TableCount {
                name: name.to_owned(),
                actual: tables.len(),
                expected: count,
            });
        }
        Ok(tables)
    }

    pub(super) fn insert(&mut self, name: String, dtype: Dtype, shape: Vec<usize>, bytes: Vec<u8>) {
        self.tensors.insert(
            name,
            HostTensor {
                dtype,
                shape,
                bytes,
            },
        );
    }

    /// The bytes of a tensor of the given type and shape.
    pub(super) fn typed(
        &self,
        name: &str,
        dtype: Dtype,
        dtype_name: &'static str,
        shape: &[usize],
    ) -> Result<&[u8], WeightsError> {
        let tensor = self.tensor(name)?;
        if tensor.dtype != dtype {
            return Err(element_type(name, tensor.dtype, dtype_name));
        }
        if tensor.shape != shape {
            return Err(WeightsError::Shape {
                name: name.to_owned(),
                actual: tensor.shape.clone(),
                expected: shape.to_vec(),
            });
        }
        Ok(&tensor.bytes)
    }

    fn tensor(&self, name: &str) -> Result<&HostTensor, WeightsError> {
        self.tensors.get(name).ok_or_else(|| WeightsError::Missing {
            name: name.to_owned(),
        })
    }
}

fn to_json(config: &impl Serialize) -> serde_json::Value {
    let mut config = serde_json::to_value(config).expect("configurations are plain data");
    config.sort_all_objects();
    config
}

fn element_type(name: &str, actual: Dtype, expected: &'static str) -> WeightsError {
    WeightsError::ElementType {
        name: name.to_owned(),
        actual: format!("{actual:?}"),
        expected,
    }
}
