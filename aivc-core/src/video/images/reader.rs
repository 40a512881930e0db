use std::path::{Path, PathBuf};

use image::{ImageReader, Limits};

use crate::color;
use crate::frame::{Frame, MAX_SIDE};
use crate::video::reader::has_extension;
use crate::video::{Rational, VideoError, VideoProperties, VideoReader};

use super::pattern::Pattern;

/// Reads PNG and JPEG images as frames of 8-bit RGB. Grey images get three equal planes, 16-bit
/// ones are rounded to 8 bits, and an alpha channel is dropped.
pub(in crate::video) struct ImageSequenceReader {
    files: Vec<PathBuf>,
    next: usize,
    /// The first image, decoded to learn its size.
    first: Option<Frame>,
    properties: VideoProperties,
}

impl ImageSequenceReader {
    /// Opens an image, a pattern, or a folder, whose `.png`, `.jpg` and `.jpeg` files are taken
    /// in the order of their names.
    pub(in crate::video) fn open(path: &Path, frame_rate: Rational) -> Result<Self, VideoError> {
        let files = if path.is_dir() {
            images_in(path)?
        } else if let Some(pattern) = Pattern::parse(path).filter(|_| !path.is_file()) {
            pattern.files()?
        } else {
            vec![path.to_owned()]
        };
        let Some(first) = files.first() else {
            return Err(VideoError::NoImages {
                path: path.to_owned(),
            });
        };
        let first = read_image(first)?;
        let properties = VideoProperties {
            format: first.format(),
            color: first.color(),
            frame_rate,
            frame_count: Some(files.len() as u64),
        };
        Ok(Self {
            files,
            next: 0,
            first: Some(first),
            properties,
        })
    }
}

impl VideoReader for ImageSequenceReader {
    fn properties(&self) -> &VideoProperties {
        &self.properties
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, VideoError> {
        let Some(path) = self.files.get(self.next) else {
            return Ok(None);
        };
        let frame = match self.first.take() {
            Some(frame) => frame,
            None => read_image(path)?,
        };
        if frame.format() != self.properties.format {
            return Err(VideoError::FormatChange {
                frame: self.next as u64,
                expected: self.properties.format,
                actual: frame.format(),
            });
        }
        let frame = frame.with_pts(self.next as i64);
        self.next += 1;
        Ok(Some(frame))
    }
}

fn images_in(folder: &Path) -> Result<Vec<PathBuf>, VideoError> {
    let mut files = Vec::new();
    for entry in folder.read_dir().map_err(VideoError::io(folder))? {
        let path = entry.map_err(VideoError::io(folder))?.path();
        if ["png", "jpg", "jpeg"]
            .into_iter()
            .any(|extension| has_extension(&path, extension))
        {
            files.push(path);
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn read_image(path: &Path) -> Result<Frame, VideoError> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE as u32);
    limits.max_image_height = Some(MAX_SIDE as u32);
    let mut reader = ImageReader::open(path)
        .and_then(ImageReader::with_guessed_format)
        .map_err(VideoError::io(path))?;
    reader.limits(limits);
    let image = reader
        .decode()
        .map_err(|source| VideoError::Image {
            path: path.to_owned(),
            source,
        })?
        .into_rgb8();
    let (width, height) = (image.width() as usize, image.height() as usize);
    Ok(color::from_interleaved_rgb8(width, height, image.as_raw())?)
}
