use std::fs;
use std::path::{Path, PathBuf};

use super::VideoError;

const EXTENSIONS: [&str; 3] = ["png", "jpg", "jpeg"];

/// PNG and JPEG files of a folder, in the order of their names.
///
/// # Errors
/// [`VideoError::Io`] if the folder cannot be read.
pub(crate) fn picture_paths(folder: &Path) -> Result<Vec<PathBuf>, VideoError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(VideoError::io(folder))? {
        let path = entry.map_err(VideoError::io(folder))?.path();
        let extension = path.extension().unwrap_or_default();
        if EXTENSIONS
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
        {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
