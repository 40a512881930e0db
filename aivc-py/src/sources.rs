//! Where a stream or a video comes from.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use aivc_core::frame::{BitDepth, FrameFormat, PixelFormat};
use aivc_core::video::{Rational, ReaderOptions, VideoProperties, VideoReader, open_reader};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::failure::Failure;

/// Where a decoder reads from.
pub type StreamSource = Box<dyn Read + Send>;

/// The bytes of a path, of a `bytes` object or of a file object with `read(size)`.
pub fn stream_source(
    source: &Bound<'_, PyAny>,
) -> Result<(StreamSource, Option<PathBuf>), Failure> {
    if let Ok(bytes) = source.extract::<PyBackedBytes>() {
        return Ok((Box::new(Cursor::new(bytes)), None));
    }
    if source.hasattr("read")? {
        let file = PythonFile(source.clone().unbind());
        return Ok((Box::new(BufReader::with_capacity(1 << 16, file)), None));
    }
    let path: PathBuf = source.extract()?;
    let file = open_file(&path)?;
    Ok((
        Box::new(BufReader::with_capacity(1 << 16, file)),
        Some(path),
    ))
}

/// Opens a file for reading.
pub fn open_file(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|error| Failure::io(error, Some(path)))
}

/// A Python object with a method `read(size)` that returns bytes.
struct PythonFile(Py<PyAny>);

impl Read for PythonFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Python::attach(|py| {
            let read = self.0.call_method1(py, "read", (buffer.len(),))?;
            let bytes: PyBackedBytes = read.extract(py).map_err(PyErr::from)?;
            let size = buffer.len();
            let target = buffer.get_mut(..bytes.len()).ok_or_else(|| {
                io::Error::other(format!("read({size}) returned {} bytes", bytes.len()))
            })?;
            target.copy_from_slice(&bytes);
            Ok(bytes.len())
        })
    }
}

/// What a video file does not say of itself: size and bit depth of raw 4:2:0, and the frame rate of
/// that and of pictures.
#[derive(FromPyObject)]
pub struct InputDescription(
    /// Width and height.
    Option<(usize, usize)>,
    /// Bit depth.
    u8,
    /// Frame rate.
    Option<(u32, u32)>,
);

impl InputDescription {
    /// Opens a video.
    pub fn open(&self, path: &Path) -> Result<Box<dyn VideoReader>, Failure> {
        let Self(size, bit_depth, rate) = *self;
        let mut options = ReaderOptions::default();
        let rate = match rate {
            Some(rate) => Some(rational(rate)?),
            None => None,
        };
        if let Some(rate) = rate {
            options.image_frame_rate = rate;
        }
        if let Some((width, height)) = size {
            let depth = BitDepth::try_from(bit_depth)?;
            let format = FrameFormat::new(width, height, PixelFormat::Yuv420, depth)?;
            let rate = rate.unwrap_or(Rational::whole(25));
            options.raw = Some(VideoProperties::new(format, rate));
        }
        let reader = open_reader(path, &options)?;
        let actual = reader.properties().frame_rate;
        if rate.is_some_and(|rate| rate != actual) {
            return Err(Failure::argument(format!(
                "fps is for raw video and pictures; {} says itself that it has {actual}",
                path.display()
            )));
        }
        Ok(reader)
    }
}

/// A frame rate.
pub fn rational((numerator, denominator): (u32, u32)) -> Result<Rational, Failure> {
    Ok(Rational::new(numerator, denominator)?)
}

/// A number of threads that is not 0.
pub fn thread_count(threads: Option<usize>) -> Result<Option<NonZeroUsize>, Failure> {
    match threads.map(NonZeroUsize::new) {
        None => Ok(None),
        Some(Some(threads)) => Ok(Some(threads)),
        Some(None) => Err(Failure::argument("threads is 0; it must be at least 1")),
    }
}
