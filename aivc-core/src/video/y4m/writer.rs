use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::frame::{Frame, FrameFormat, PixelFormat};
use crate::video::converting::check_format;
use crate::video::{OutputFile, VideoError, VideoProperties, VideoWriter};

use super::header;

/// Writes a YUV4MPEG2 stream of 4:2:0 frames.
#[derive(Debug)]
pub struct Y4mWriter<W: Write> {
    sink: W,
    path: PathBuf,
    format: FrameFormat,
    frames: u64,
}

impl Y4mWriter<OutputFile> {
    /// Creates a `.y4m` file, which appears under its name when it is finished.
    ///
    /// # Errors
    /// As [`Y4mWriter::new`].
    pub fn create(
        path: impl AsRef<Path>,
        properties: &VideoProperties,
    ) -> Result<Self, VideoError> {
        let path = path.as_ref();
        Self::with_sink(OutputFile::create(path)?, path, properties)
    }
}

impl<W: Write> Y4mWriter<BufWriter<W>> {
    /// Writes the header to `sink`, which need not be buffered; `path` is the name for it in
    /// errors.
    ///
    /// # Errors
    /// [`VideoError::Y4mColorSpace`] for RGB frames and [`VideoError::Io`].
    pub fn new(
        sink: W,
        path: impl AsRef<Path>,
        properties: &VideoProperties,
    ) -> Result<Self, VideoError> {
        Self::with_sink(
            BufWriter::with_capacity(1 << 16, sink),
            path.as_ref(),
            properties,
        )
    }
}

impl<W: Write> Y4mWriter<W> {
    fn with_sink(
        mut sink: W,
        path: &Path,
        properties: &VideoProperties,
    ) -> Result<Self, VideoError> {
        match properties.format.pixel_format() {
            PixelFormat::Yuv420 => {}
            PixelFormat::Rgb => {
                return Err(VideoError::Y4mColorSpace {
                    name: "rgb".to_owned(),
                });
            }
        }
        let header = header::format(properties);
        sink.write_all(header.as_bytes())
            .map_err(VideoError::io(path))?;
        Ok(Self {
            sink,
            path: path.to_owned(),
            format: properties.format,
            frames: 0,
        })
    }

    pub(crate) fn append(&mut self, frame: &Frame) -> Result<(), VideoError> {
        check_format(self.format, frame, self.frames)?;
        self.frames += 1;
        self.sink
            .write_all(b"FRAME\n")
            .and_then(|()| frame.write_bytes(&mut self.sink))
            .map_err(VideoError::io(&self.path))
    }
}

/// The sink has each frame whole before the next one is written, as readers of a pipe want it.
impl<W: Write + Send> VideoWriter for Y4mWriter<BufWriter<W>> {
    fn write_frame(&mut self, frame: &Frame) -> Result<(), VideoError> {
        self.append(frame)?;
        self.sink.flush().map_err(VideoError::io(&self.path))
    }

    fn finish(mut self: Box<Self>) -> Result<(), VideoError> {
        // The header, if there was no frame.
        self.sink.flush().map_err(VideoError::io(&self.path))
    }
}

impl VideoWriter for Y4mWriter<OutputFile> {
    fn write_frame(&mut self, frame: &Frame) -> Result<(), VideoError> {
        self.append(frame)
    }

    fn finish(self: Box<Self>) -> Result<(), VideoError> {
        self.sink.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::frame::BitDepth;
    use crate::video::Rational;

    #[test]
    fn the_sink_has_every_frame_before_the_next_one() {
        let format = FrameFormat::new(4, 2, PixelFormat::Yuv420, BitDepth::Eight).unwrap();
        let properties = VideoProperties::new(format, Rational::whole(25));
        let frame = Frame::from_bytes(format, b"abcdefghijkl").unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut writer = Y4mWriter::new(&file, file.path(), &properties).unwrap();
        writer.write_frame(&frame).unwrap();
        assert!(
            fs::read(file.path())
                .unwrap()
                .ends_with(b"\nFRAME\nabcdefghijkl")
        );
    }
}
