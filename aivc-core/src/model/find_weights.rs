use std::fs;
use std::path::Path;

use aivc_models::weights::WeightsFile;

use super::{BUILTIN_MODELS, BUILTIN_REFINEMENTS, BuiltinModel, ModelError};

/// A weights file as it is: its contents, and how many bytes it has.
#[derive(Debug, Clone)]
pub struct FoundWeights {
    /// Its contents, checked.
    pub weights: WeightsFile,
    /// Its size.
    pub bytes: usize,
}

/// The weights of a built-in model or refinement by name, or else of a file by path.
///
/// # Errors
/// [`ModelError::UnknownModel`] if it is neither, and whatever is wrong with the file.
pub fn find_weights(name: &str) -> Result<FoundWeights, ModelError> {
    find_among(name, BUILTIN_MODELS.iter().chain(BUILTIN_REFINEMENTS))
}

/// As [`find_weights`], with these built-in ones alone.
pub(super) fn find_among<'a>(
    name: &str,
    mut builtin: impl Iterator<Item = &'a BuiltinModel> + Clone,
) -> Result<FoundWeights, ModelError> {
    let found = |bytes: &[u8]| {
        Ok(FoundWeights {
            weights: WeightsFile::from_bytes(bytes)?,
            bytes: bytes.len(),
        })
    };
    let names = builtin.clone();
    if let Some(model) = builtin.find(|model| model.name == name) {
        return found(model.weights);
    }
    let path = Path::new(name);
    if !path.exists() {
        let names: Vec<_> = names.map(|model| model.name).collect();
        return Err(ModelError::UnknownModel {
            name: name.to_owned(),
            builtin: names.join(", "),
        });
    }
    let bytes = fs::read(path).map_err(|source| ModelError::Io {
        path: path.to_owned(),
        source,
    })?;
    found(&bytes)
}
