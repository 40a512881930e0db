use std::ffi::OsString;
use std::path::Path;

use crate::frame::{Frame, PixelFormat};

use super::converting::ConvertingWriter;
use super::ffmpeg_program::ProgramWriter;
use super::images::PngWriter;
use super::raw::RawWriter;
use super::reader::has_extension;
use super::{OutputFile, VideoError, VideoProperties, Y4mWriter};

const WRITABLE: &str = ".y4m, .yuv, .png, .mkv, .mp4, .mov, .webm";

/// A sink of frames.
///
/// Dropping a writer without [`finish`](Self::finish) discards the file; only a sequence of images
/// keeps the pictures that were complete.
pub trait VideoWriter: Send {
    /// Appends a frame.
    ///
    /// # Errors
    /// [`VideoError::FormatChange`] if the frame has not the format that the writer was made for,
    /// [`VideoError::Io`] and others if it cannot be written.
    fn write_frame(&mut self, frame: &Frame) -> Result<(), VideoError>;

    /// Completes the file and gives it its final name.
    ///
    /// # Errors
    /// [`VideoError`] if the rest cannot be written.
    fn finish(self: Box<Self>) -> Result<(), VideoError>;
}

/// Choices of [`create_writer`].
#[derive(Debug, Clone)]
pub struct WriterOptions {
    /// The ffmpeg program: a name to find on the path, or a path. `ffmpeg` by default.
    pub ffmpeg: OsString,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self {
            ffmpeg: "ffmpeg".into(),
        }
    }
}

/// Creates a writer for frames of `properties`, chosen by the name:
///
/// | name | format |
/// |---|---|
/// | `-` | y4m on standard output |
/// | `.y4m` | YUV4MPEG2, 4:2:0 |
/// | `.yuv` | raw frames without a header, as [`Frame::write_bytes`] lays them out |
/// | `.png` | one picture; with `%d` or `%04d` in the name, one a frame, numbered from 0 |
/// | `.mkv` | FFV1, lossless, by the ffmpeg program |
/// | `.mp4`, `.mov` | H.264 without loss (libx264, `-qp 0`), by the ffmpeg program |
/// | `.webm` | VP9 without loss (libvpx-vp9), by the ffmpeg program |
///
/// Where the format cannot hold the frames as they are, they are converted: RGB becomes 4:2:0 in
/// limited range (BT.709, or BT.601 below 720 lines) for all but `.png` and `.yuv`, and
/// everything becomes 8-bit RGB for `.png`.
///
/// # Errors
/// [`VideoError::UnknownExtension`], [`VideoError::Io`] if the file cannot be created, and
/// [`VideoError::FfmpegMissing`].
pub fn create_writer(
    path: impl AsRef<Path>,
    properties: &VideoProperties,
    options: &WriterOptions,
) -> Result<Box<dyn VideoWriter>, VideoError> {
    let path = path.as_ref();
    let is = |extension| has_extension(path, extension);
    if is("png") {
        return Ok(Box::new(PngWriter::create(path, properties)?));
    }
    if is("yuv") {
        return Ok(Box::new(RawWriter::new(
            OutputFile::create(path)?,
            properties,
        )));
    }
    let stored = match properties.format.pixel_format() {
        PixelFormat::Yuv420 => *properties,
        PixelFormat::Rgb => super::converting::as_yuv420(properties),
    };
    let writer: Box<dyn VideoWriter> = if path == Path::new("-") {
        Box::new(Y4mWriter::new(std::io::stdout(), path, &stored)?)
    } else if is("y4m") {
        Box::new(Y4mWriter::create(path, &stored)?)
    } else if ["mkv", "mp4", "mov", "webm"].into_iter().any(is) {
        Box::new(ProgramWriter::create(path, &stored, options)?)
    } else {
        return Err(VideoError::UnknownExtension {
            path: path.to_owned(),
            known: WRITABLE,
        });
    };
    Ok(match properties.format.pixel_format() {
        PixelFormat::Yuv420 => writer,
        PixelFormat::Rgb => Box::new(ConvertingWriter::new(writer, properties, &stored)),
    })
}
