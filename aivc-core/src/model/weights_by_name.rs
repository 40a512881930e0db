use std::fs;
use std::path::Path;

use aivc_models::weights::WeightsFile;

use super::{BuiltinModel, ModelError};

/// The weights that go by a name: built-in ones, or else a file by path.
///
/// # Errors
/// [`ModelError::UnknownModel`] if it is neither, and whatever is wrong with the file.
pub(super) fn weights_by_name(
    name: &str,
    builtin: &[BuiltinModel],
) -> Result<WeightsFile, ModelError> {
    if let Some(builtin) = builtin.iter().find(|builtin| builtin.name == name) {
        return Ok(WeightsFile::from_bytes(builtin.weights)?);
    }
    let path = Path::new(name);
    if !path.exists() {
        let names: Vec<_> = builtin.iter().map(|builtin| builtin.name).collect();
        return Err(ModelError::UnknownModel {
            name: name.to_owned(),
            builtin: names.join(", "),
        });
    }
    let bytes = fs::read(path).map_err(|source| ModelError::Io {
        path: path.to_owned(),
        source,
    })?;
    Ok(WeightsFile::from_bytes(&bytes)?)
}
