use std::fs;
use std::path::Path;

use aivc_models::weights::WeightsFile;

use super::{BUILTIN_MODELS, BUILTIN_REFINEMENTS, ModelError};

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
    let builtin = || BUILTIN_MODELS.iter().chain(BUILTIN_REFINEMENTS);
    let found = |bytes: &[u8]| {
        Ok(FoundWeights {
            weights: WeightsFile::from_bytes(bytes)?,
            bytes: bytes.len(),
        })
    };
    if let Some(model) = builtin().find(|model| model.name == name) {
        return found(model.weights);
    }
    let path = Path::new(name);
    if !path.exists() {
        let names: Vec<_> = builtin().map(|model| model.name).collect();
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
