use std::path::{Path, PathBuf};

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};

use crate::color;
use crate::frame::{Frame, FrameFormat};
use crate::video::converting::check_format;
use crate::video::{OutputFile, VideoError, VideoProperties, VideoWriter};

use super::pattern::Pattern;

/// Writes frames as 8-bit RGB PNG files, each complete before it has its name.
pub(in crate::video) struct PngWriter {
    path: PathBuf,
    pattern: Option<Pattern>,
    format: FrameFormat,
    frames: u64,
    /// A single picture waits here for `finish`.
    pending: Option<OutputFile>,
}

impl PngWriter {
    /// Images named by the pattern in `path`, or one image if it has none.
    pub(in crate::video) fn create(
        path: &Path,
        properties: &VideoProperties,
    ) -> Result<Self, VideoError> {
        let pattern = Pattern::parse(path);
        let pending = match pattern {
            Some(_) => None,
            None => Some(OutputFile::create(path)?),
        };
        let format = properties.format;
        Ok(Self {
            path: path.to_owned(),
            pattern,
            format,
            frames: 0,
            pending,
        })
    }
}

impl VideoWriter for PngWriter {
    fn write_frame(&mut self, frame: &Frame) -> Result<(), VideoError> {
        check_format(self.format, frame, self.frames)?;
        match (&self.pattern, &mut self.pending) {
            (Some(pattern), _) => {
                let path = pattern.name(self.frames);
                let mut file = OutputFile::create(&path)?;
                write_png(frame, &mut file)?;
                file.finish()?;
            }
            (None, Some(file)) if self.frames == 0 => write_png(frame, file)?,
            _ => {
                return Err(VideoError::SinglePicture {
                    path: self.path.clone(),
                });
            }
        }
        self.frames += 1;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), VideoError> {
        match self.pending {
            Some(file) if self.frames > 0 => file.finish(),
            _ => Ok(()),
        }
    }
}

fn write_png(frame: &Frame, file: &mut OutputFile) -> Result<(), VideoError> {
    let pixels = color::to_interleaved_rgb8(frame)?;
    let (width, height) = (frame.width() as u32, frame.height() as u32);
    let result =
        PngEncoder::new(&mut *file).write_image(&pixels, width, height, ExtendedColorType::Rgb8);
    result.map_err(|source| VideoError::Image {
        path: file.path().to_owned(),
        source,
    })
}
