use std::ffi::OsString;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use crate::frame::Frame;

use super::images::ImageSequenceReader;
use super::raw::RawReader;
use super::{Rational, VideoError, VideoProperties, Y4mReader, images};

/// A source of frames, in presentation order, one at a time.
pub trait VideoReader: Send {
    /// What is the same for all frames.
    fn properties(&self) -> &VideoProperties;

    /// The next frame, or `None` after the last one. Every frame has the format that
    /// [`properties`](Self::properties) gives, and its number as presentation time.
    ///
    /// # Errors
    /// [`VideoError`] if the input is damaged or cannot be read; the reader is then of no more
    /// use.
    fn next_frame(&mut self) -> Result<Option<Frame>, VideoError>;
}

/// What [`open_reader`] cannot find out by itself.
#[derive(Debug, Clone)]
pub struct ReaderOptions {
    /// Format, colours and frame rate of a headerless `.yuv` file; its frame count is ignored.
    pub raw: Option<VideoProperties>,
    /// Frame rate of images and image sequences. 25 by default.
    pub image_frame_rate: Rational,
    /// The ffmpeg program: a name to find on the path, or a path. `ffmpeg` by default.
    pub ffmpeg: OsString,
    /// The ffprobe program, asked for colours and frame count if it is there. `ffprobe` by
    /// default.
    pub ffprobe: OsString,
}

impl Default for ReaderOptions {
    fn default() -> Self {
        Self {
            raw: None,
            image_frame_rate: Rational::whole(25),
            ffmpeg: "ffmpeg".into(),
            ffprobe: "ffprobe".into(),
        }
    }
}

/// Opens a video, in this order of decision:
///
/// 1. `-` is y4m on standard input.
/// 2. A folder, or a name with a `%d` or `%04d` in it, is a sequence of images.
/// 3. `.yuv` is raw video in the format of [`ReaderOptions::raw`].
/// 4. A file that begins as y4m, PNG or JPEG does is read as that, whatever its name.
/// 5. Everything else is left to ffmpeg.
///
/// ```
/// use aivc_core::video::{ReaderOptions, open_reader};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("clip.y4m");
/// # std::fs::write(&path, b"YUV4MPEG2 W2 H1 F25:1 C420\nFRAME\n\x10\x10\x80\x80")?;
/// let mut reader = open_reader(&path, &ReaderOptions::default())?;
/// while let Some(frame) = reader.next_frame()? {
///     println!("{} {}", frame.pts(), frame.md5_hex());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`VideoError`] if the file cannot be opened, is damaged, or holds a format that cannot be read;
/// [`VideoError::FfmpegMissing`] when ffmpeg is needed and absent.
pub fn open_reader(
    path: impl AsRef<Path>,
    options: &ReaderOptions,
) -> Result<Box<dyn VideoReader>, VideoError> {
    let path = path.as_ref();
    if path == Path::new("-") {
        return Ok(Box::new(Y4mReader::new(std::io::stdin(), path)?));
    }
    if path.is_dir() || images::is_pattern(path) {
        return Ok(Box::new(ImageSequenceReader::open(
            path,
            options.image_frame_rate,
        )?));
    }

    let mut file = File::open(path).map_err(VideoError::io(path))?;
    if has_extension(path, "yuv") {
        let properties = options.raw.ok_or_else(|| VideoError::RawFormat {
            path: path.to_owned(),
        })?;
        return Ok(Box::new(RawReader::new(file, path, properties)?));
    }
    let mut magic = Vec::new();
    file.by_ref()
        .take(10)
        .read_to_end(&mut magic)
        .map_err(VideoError::io(path))?;
    if magic.starts_with(b"YUV4MPEG2 ") {
        let whole = std::io::Cursor::new(magic).chain(BufReader::new(file));
        return Ok(Box::new(Y4mReader::new(whole, path)?));
    }
    if magic.starts_with(b"\x89PNG\r\n\x1a\n") || magic.starts_with(b"\xff\xd8\xff") {
        return Ok(Box::new(ImageSequenceReader::open(
            path,
            options.image_frame_rate,
        )?));
    }
    open_with_ffmpeg(path, options)
}

#[cfg(feature = "ffmpeg")]
fn open_with_ffmpeg(
    path: &Path,
    _options: &ReaderOptions,
) -> Result<Box<dyn VideoReader>, VideoError> {
    Ok(Box::new(super::ffmpeg_library::LibraryReader::open(path)?))
}

#[cfg(not(feature = "ffmpeg"))]
fn open_with_ffmpeg(
    path: &Path,
    options: &ReaderOptions,
) -> Result<Box<dyn VideoReader>, VideoError> {
    Ok(Box::new(super::ffmpeg_program::FfmpegProgramReader::open(
        path, options,
    )?))
}

/// Whether the name ends in `.extension`, in upper or lower case.
pub(super) fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension()
        .is_some_and(|actual| actual.eq_ignore_ascii_case(extension))
}
