use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

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
                let files = chosen_files(recipe, &["png", "jpg", "jpeg"])?;
                items.extend(files.into_iter().map(Item::File));
            }
            SourceKind::Shards => {
                for shard in chosen_files(recipe, &["tar"])? {
                    read_shard(&shard, &mut items)?;
                }
            }
            SourceKind::Clips => {
                let clips = chosen_files(recipe, CLIP_EXTENSIONS)?;
                let pictures = clips
                    .par_iter()
                    .map(|clip| read_clip(clip, recipe.frame_step));
                for clip in pictures.collect::<Result<Vec<_>, _>>()? {
                    items.extend(clip.into_iter().map(Item::Decoded));
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

/// Extensions of clips.
pub(in crate::training) const CLIP_EXTENSIONS: &[&str] = &["mp4", "mkv", "mov", "webm", "y4m"];

/// Files of a source that its recipe asks for.
pub(super) fn chosen_files(
    recipe: &SourceRecipe,
    extensions: &[&str],
) -> Result<Vec<PathBuf>, TrainingError> {
    let mut files = files(&recipe.path, extensions)?;
    if let Some(start) = &recipe.names_start_with {
        files.retain(|path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with(start))
        });
    }
    Ok(files)
}

/// Files below a folder with one of the extensions, sorted.
pub(in crate::training) fn files(
    folder: &Path,
    extensions: &[&str],
) -> Result<Vec<PathBuf>, TrainingError> {
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

/// Every so many-th frame of a clip.
fn read_clip(path: &Path, frame_step: usize) -> Result<Vec<Picture>, TrainingError> {
    let mut reader = open_reader(path, &ReaderOptions::default())?;
    let mut pictures = Vec::new();
    let mut number = 0;
    while let Some(frame) = reader.next_frame()? {
        if number % frame_step == 0 {
            pictures.push(Picture {
                width: frame.width(),
                height: frame.height(),
                pixels: to_interleaved_rgb8(&frame)?.into(),
            });
        }
        number += 1;
    }
    Ok(pictures)
}
