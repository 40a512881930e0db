use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::source::{CLIP_EXTENSIONS, chosen_files};
use crate::color::{from_interleaved_rgb8, to_interleaved_rgb8, to_yuv420};
use crate::frame::{BitDepth, Frame, PixelFormat};
use crate::training::TrainingError;
use crate::training::recipe::SourceRecipe;
use crate::video::{ReaderOptions, open_reader};

/// Clips as 4:2:0 of 8 bits, each decoded once, however many sources have it.
#[derive(Debug, Default)]
pub(super) struct DecodedClips {
    frames: HashMap<PathBuf, Arc<[Frame]>>,
}

impl DecodedClips {
    /// All frames of each clip of a source, in the order of their names; clips without frames are left out.
    ///
    /// # Errors
    /// [`TrainingError`] if the source cannot be read or a clip cannot be decoded.
    pub fn of(&mut self, recipe: &SourceRecipe) -> Result<Vec<Arc<[Frame]>>, TrainingError> {
        let files = chosen_files(recipe, CLIP_EXTENSIONS)?;
        let decoded = files
            .par_iter()
            .filter(|path| !self.frames.contains_key(*path))
            .map(|path| Ok((path.clone(), decode(path)?)))
            .collect::<Result<Vec<_>, TrainingError>>()?;
        self.frames.extend(decoded);
        let clips = files.iter().map(|path| self.frames[path].clone());
        Ok(clips.filter(|frames| !frames.is_empty()).collect())
    }
}

fn decode(path: &Path) -> Result<Arc<[Frame]>, TrainingError> {
    let mut reader = open_reader(path, &ReaderOptions::default())?;
    let mut frames = Vec::new();
    while let Some(frame) = reader.next_frame()? {
        let format = frame.format();
        let eight = format.bit_depth() == BitDepth::Eight;
        frames.push(if eight && format.pixel_format() == PixelFormat::Yuv420 {
            frame
        } else {
            let color = frame.color();
            let rgb = to_interleaved_rgb8(&frame)?;
            let rgb = from_interleaved_rgb8(format.width(), format.height(), &rgb)?;
            to_yuv420(&rgb, color)?
        });
    }
    Ok(frames.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::recipe::SourceKind;

    #[test]
    fn a_clip_of_two_sources_is_decoded_once() {
        let folder = std::env::temp_dir().join(format!("aivc-clips-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for (name, frames) in [("a_0.y4m", 2), ("b_0.y4m", 1), ("b_1.y4m", 0)] {
            let frame = [&b"FRAME\n"[..], &[128; 6]].concat().repeat(frames);
            let clip = [&b"YUV4MPEG2 W2 H2 F25:1 C420\n"[..], &frame].concat();
            std::fs::write(folder.join(name), clip).unwrap();
        }
        let source = |start: Option<&str>| SourceRecipe {
            path: folder.clone(),
            kind: SourceKind::Clips,
            weight: 1.0,
            names_start_with: start.map(str::to_owned),
            frame_step: 1,
        };
        let mut clips = DecodedClips::default();
        let some = clips.of(&source(Some("b"))).unwrap();
        let all = clips.of(&source(None)).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        let lengths = all.iter().map(|frames| frames.len()).collect::<Vec<_>>();
        assert_eq!(lengths, [2, 1]);
        assert_eq!(some.len(), 1);
        assert!(Arc::ptr_eq(&some[0], &all[1]));
    }
}
