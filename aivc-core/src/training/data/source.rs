use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::picture::Picture;
use crate::color::to_interleaved_rgb8;
use crate::training::TrainingError;
use crate::training::recipe::{SourceKind, SourceRecipe};
use crate::video::{ReaderOptions, open_reader};

/// The pictures of one [`SourceRecipe`], not yet decoded where that can wait.
#[derive(Debug)]
pub struct DataSource {
    pub(super) weight: f64,
    pub(super) path: PathBuf,
    pub(super) items: Vec<Item>,
}

/// A picture that can be had again at any time.
#[derive(Debug)]
pub(super) enum Item {
    File(PathBuf),
    Encoded { name: String, bytes: Vec<u8> },
    Decoded(Picture),
}

impl DataSource {
    /// Lists the pictures of a source, in the order of their names; those of a shard in its own
    /// order. Shards are read into memory as they are; clips are decoded.
    ///
    /// # Errors
    /// [`TrainingError`] if the path cannot be read or a clip cannot be decoded.
    pub fn open(recipe: &SourceRecipe) -> Result<Self, TrainingError> {
        let mut items = Vec::new();
        match recipe.kind {
            SourceKind::Pictures => {
                let files = files(&recipe.path, &["png", "jpg", "jpeg"])?;
                items.extend(files.into_iter().map(Item::File));
            }
            SourceKind::Shards => {
                for shard in files(&recipe.path, &["tar"])? {
                    read_shard(&shard, &mut items)?;
                }
            }
            SourceKind::Clips => {
                for clip in files(&recipe.path, &["mp4", "mkv", "mov", "webm", "y4m"])? {
                    read_clip(&clip, recipe.frame_step, &mut items)?;
                }
            }
        }
        Ok(Self {
            weight: recipe.weight,
            path: recipe.path.clone(),
            items,
        })
    }

    /// Number of pictures.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is no picture.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

impl Item {
    pub fn decode(&self) -> Result<Picture, TrainingError> {
        let decode = |name: &dyn Fn() -> String, bytes: &[u8]| {
            Picture::decode(bytes).map_err(|source| TrainingError::Picture {
                name: name(),
                source,
            })
        };
        match self {
            Self::File(path) => {
                let bytes = std::fs::read(path).map_err(TrainingError::io(path))?;
                decode(&|| path.display().to_string(), &bytes)
            }
            Self::Encoded { name, bytes } => decode(&|| name.clone(), bytes),
            Self::Decoded(picture) => Ok(picture.clone()),
        }
    }
}

/// Files below a folder with one of the extensions, sorted.
fn files(folder: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, TrainingError> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(TrainingError::io(&folder))? {
            let path = entry.map_err(TrainingError::io(&folder))?.path();
            if path.is_dir() {
                folders.push(path);
            } else if has_extension(&path, extensions) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| {
            extensions
                .iter()
                .any(|known| extension.eq_ignore_ascii_case(known))
        })
}

fn read_shard(path: &Path, items: &mut Vec<Item>) -> Result<(), TrainingError> {
    let io = || TrainingError::io(path);
    let mut archive = tar::Archive::new(File::open(path).map_err(io())?);
    for entry in archive.entries().map_err(io())? {
        let mut entry = entry.map_err(io())?;
        let member = entry.path().map_err(io())?.into_owned();
        if has_extension(&member, &["png", "jpg", "jpeg"]) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(io())?;
            let name = format!("{}: {}", path.display(), member.display());
            items.push(Item::Encoded { name, bytes });
        }
    }
    Ok(())
}

fn read_clip(path: &Path, frame_step: usize, items: &mut Vec<Item>) -> Result<(), TrainingError> {
    let mut reader = open_reader(path, &ReaderOptions::default())?;
    let mut number = 0;
    while let Some(frame) = reader.next_frame()? {
        if number % frame_step == 0 {
            items.push(Item::Decoded(Picture {
                width: frame.width(),
                height: frame.height(),
                pixels: to_interleaved_rgb8(&frame)?.into(),
            }));
        }
        number += 1;
    }
    Ok(())
}
