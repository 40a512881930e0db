use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::cache::content_hash;
use super::{BenchError, ClipEntry, Ffmpeg};
use crate::frame::PixelFormat;
use crate::video::{
    ReaderOptions, VideoProperties, VideoReader, VideoWriter, Y4mWriter, open_reader,
};

/// A clip that is coded.
#[derive(Debug)]
pub(super) struct Clip {
    pub(super) name: String,
    path: PathBuf,
    /// Hash of its bytes.
    pub(super) hash: String,
    /// Only so many frames of it.
    pub(super) frames: Option<u64>,
    pub(super) properties: VideoProperties,
    options: ReaderOptions,
    /// Whether the y4m file is there.
    written: Mutex<bool>,
}

impl Clip {
    pub(super) fn open(
        entry: &ClipEntry,
        frames: Option<u64>,
        ffmpeg: Option<&Ffmpeg>,
    ) -> Result<Self, BenchError> {
        let mut options = ReaderOptions::default();
        if let Some(ffmpeg) = ffmpeg {
            options.ffmpeg = ffmpeg.program().clone();
        }
        Ok(Self {
            hash: content_hash(&entry.path)?,
            properties: *open_reader(&entry.path, &options)?.properties(),
            name: entry.name.clone(),
            path: entry.path.clone(),
            frames,
            options,
            written: Mutex::new(false),
        })
    }

    /// Whether it is coded as pictures are: in RGB, by encoders for pictures.
    pub(super) fn is_picture(&self) -> bool {
        self.properties.format.pixel_format() == PixelFormat::Rgb
    }

    /// The name of its bytes, length and crop in the cache.
    pub(super) fn original_key(&self) -> String {
        let frames = self
            .frames
            .map_or("all".to_owned(), |frames| frames.to_string());
        format!("original-{}-{frames}", &self.hash[..24])
    }

    pub(super) fn reader(&self) -> Result<Limited, BenchError> {
        Ok(Limited {
            reader: open_reader(&self.path, &self.options)?,
            left: self.frames.unwrap_or(u64::MAX),
        })
    }

    /// What ffmpeg is given to encode: a y4m file in `work`, written the first time; pictures are
    /// files that it reads itself.
    pub(super) fn ffmpeg_input(&self, work: &Path) -> Result<String, BenchError> {
        if self.is_picture() {
            let path = fs::canonicalize(&self.path).map_err(BenchError::io(&self.path))?;
            return Ok(path.to_string_lossy().into_owned());
        }
        let name = format!("{}.y4m", self.name);
        // A clip whose writing failed before is tried anew.
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if !*written {
            let mut writer = Box::new(Y4mWriter::create(work.join(&name), &self.properties)?);
            let mut reader = self.reader()?;
            while let Some(frame) = reader.next_frame()? {
                writer.write_frame(&frame)?;
            }
            writer.finish()?;
            *written = true;
        }
        Ok(name)
    }
}

/// The first frames of a video.
pub(super) struct Limited {
    reader: Box<dyn VideoReader>,
    left: u64,
}

impl VideoReader for Limited {
    fn properties(&self) -> &VideoProperties {
        self.reader.properties()
    }

    fn next_frame(&mut self) -> Result<Option<crate::frame::Frame>, crate::video::VideoError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.reader.next_frame()
    }
}
