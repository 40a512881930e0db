//! Headerless video: one frame after another, laid out as [`Frame::write_bytes`] says.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use crate::frame::{Frame, FrameFormat};

use super::converting::check_format;
use super::{OutputFile, VideoError, VideoProperties, VideoWriter};

/// Reads raw frames of a known format.
pub(super) struct RawReader {
    file: BufReader<File>,
    path: PathBuf,
    properties: VideoProperties,
    buffer: Vec<u8>,
    frames: u64,
}

impl RawReader {
    /// Reads `file` from its start; the frame count comes from its length.
    pub(super) fn new(
        file: File,
        path: &Path,
        properties: VideoProperties,
    ) -> Result<Self, VideoError> {
        let frame_bytes = properties.format.frame_bytes();
        let metadata = file.metadata().map_err(VideoError::io(path))?;
        let frame_count = metadata
            .is_file()
            .then(|| metadata.len() / frame_bytes as u64);
        Ok(Self {
            file: BufReader::new(file),
            path: path.to_owned(),
            properties: VideoProperties {
                frame_count,
                ..properties
            },
            buffer: Vec::new(),
            frames: 0,
        })
    }
}

impl super::VideoReader for RawReader {
    fn properties(&self) -> &VideoProperties {
        &self.properties
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, VideoError> {
        let format = self.properties.format;
        let frame = match read_frame(&mut self.file, format, &mut self.buffer)
            .map_err(VideoError::io(&self.path))?
        {
            RawFrame::Bytes => Frame::from_bytes(format, &self.buffer)?,
            RawFrame::Truncated => return Err(VideoError::Truncated { frame: self.frames }),
            RawFrame::End => return Ok(None),
        };
        let frame = frame
            .with_color(self.properties.color)
            .with_pts(self.frames as i64);
        self.frames += 1;
        Ok(Some(frame))
    }
}

/// What [`read_frame`] found.
pub(super) enum RawFrame {
    /// The buffer holds a whole frame.
    Bytes,
    /// The input ended inside a frame.
    Truncated,
    /// The input ended before the frame.
    End,
}

/// Fills `buffer` with the bytes of one frame. Memory grows with what is really there, so a short
/// file that claims a large picture costs little.
pub(super) fn read_frame(
    source: &mut impl Read,
    format: FrameFormat,
    buffer: &mut Vec<u8>,
) -> std::io::Result<RawFrame> {
    let expected = format.frame_bytes();
    buffer.clear();
    source.by_ref().take(expected as u64).read_to_end(buffer)?;
    Ok(match buffer.len() {
        length if length == expected => RawFrame::Bytes,
        0 => RawFrame::End,
        _ => RawFrame::Truncated,
    })
}

/// Writes raw frames.
pub(super) struct RawWriter {
    file: OutputFile,
    format: FrameFormat,
    frames: u64,
}

impl RawWriter {
    pub(super) fn new(file: OutputFile, properties: &VideoProperties) -> Self {
        Self {
            file,
            format: properties.format,
            frames: 0,
        }
    }
}

impl VideoWriter for RawWriter {
    fn write_frame(&mut self, frame: &Frame) -> Result<(), VideoError> {
        check_format(self.format, frame, self.frames)?;
        self.frames += 1;
        let result = frame.write_bytes(&mut self.file);
        result.map_err(VideoError::io(self.file.path()))
    }

    fn finish(self: Box<Self>) -> Result<(), VideoError> {
        self.file.finish()
    }
}
