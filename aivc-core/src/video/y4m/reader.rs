use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use crate::frame::{ColorDescription, ColorRange, Frame};
use crate::video::raw::{RawFrame, read_frame};
use crate::video::{VideoError, VideoProperties, VideoReader};

use super::header::{self, Line, LineError};

/// Reads a YUV4MPEG2 stream of 4:2:0 in 8 or 10 bit.
#[derive(Debug)]
pub struct Y4mReader<R> {
    source: BufReader<R>,
    path: PathBuf,
    properties: VideoProperties,
    range: Option<ColorRange>,
    buffer: Vec<u8>,
    frames: u64,
}

impl<R: Read> Y4mReader<R> {
    /// Reads the header of `source`; `path` is the name for it in errors.
    ///
    /// # Errors
    /// [`VideoError::Y4mHeader`], [`VideoError::Y4mColorSpace`], [`VideoError::Frame`] for a size
    /// outside the limits, [`VideoError::FrameRate`] and [`VideoError::Io`].
    pub fn new(source: R, path: impl AsRef<Path>) -> Result<Self, VideoError> {
        let path = path.as_ref().to_owned();
        let mut source = BufReader::with_capacity(1 << 16, source);
        let line = match header::read_line(&mut source).map_err(|error| line_error(&path, error))? {
            Line::Text(line) => line,
            Line::End => {
                return Err(VideoError::Y4mHeader {
                    problem: "it is empty",
                });
            }
            Line::Truncated => {
                return Err(VideoError::Y4mHeader {
                    problem: "it ends inside the header",
                });
            }
        };
        let header::Header { properties, range } = header::parse(&line)?;
        Ok(Self {
            source,
            path,
            properties,
            range,
            buffer: Vec::new(),
            frames: 0,
        })
    }

    /// Completes what y4m cannot say. A range that the header names stays.
    pub(crate) fn describe(&mut self, color: ColorDescription, frame_count: Option<u64>) {
        self.properties.color = ColorDescription {
            range: self.range.unwrap_or(color.range),
            ..color
        };
        self.properties.frame_count = frame_count;
    }
}

impl<R: Read + Send> VideoReader for Y4mReader<R> {
    fn properties(&self) -> &VideoProperties {
        &self.properties
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, VideoError> {
        let line =
            header::read_line(&mut self.source).map_err(|error| line_error(&self.path, error))?;
        match line {
            Line::End => return Ok(None),
            Line::Truncated => return Err(VideoError::Truncated { frame: self.frames }),
            Line::Text(line) if line == b"FRAME" || line.starts_with(b"FRAME ") => {}
            Line::Text(_) => {
                return Err(VideoError::Y4mHeader {
                    problem: "a frame does not begin with FRAME",
                });
            }
        }
        let format = self.properties.format;
        match read_frame(&mut self.source, format, &mut self.buffer)
            .map_err(VideoError::io(&self.path))?
        {
            RawFrame::Bytes => {}
            RawFrame::Truncated | RawFrame::End => {
                return Err(VideoError::Truncated { frame: self.frames });
            }
        }
        let frame = Frame::from_bytes(format, &self.buffer)?
            .with_color(self.properties.color)
            .with_pts(self.frames as i64);
        self.frames += 1;
        Ok(Some(frame))
    }
}

fn line_error(path: &Path, error: LineError) -> VideoError {
    match error {
        LineError::Io(source) => VideoError::Io {
            path: path.to_owned(),
            source,
        },
        LineError::TooLong => VideoError::Y4mHeader {
            problem: "a line is too long",
        },
    }
}
