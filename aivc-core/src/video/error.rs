use std::io;
use std::path::{Path, PathBuf};

use crate::color::ColorError;
use crate::frame::{FrameError, FrameFormat};

/// What can go wrong between a video file and its frames.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VideoError {
    /// The operating system could not read or write.
    #[error("{path}: {source}")]
    Io {
        /// The file, or `-` for standard input and output.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A frame that the source describes cannot exist.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// Colours that cannot be converted as the target needs.
    #[error(transparent)]
    Color(#[from] ColorError),
    /// A frame rate that is not a positive fraction.
    #[error("frame rate `{text}` is not a positive fraction such as 25 or 30000/1001")]
    FrameRate {
        /// The rate as it was given.
        text: String,
    },
    /// The file is not YUV4MPEG2, or its header is damaged.
    #[error("not a y4m stream: {problem}")]
    Y4mHeader {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A pixel format of y4m that this crate does not read.
    #[error(
        "y4m colour space `C{name}` is not supported (supported: 4:2:0 in 8 bit, as 420, 420jpeg, \
         420mpeg2 or 420paldv, and in 10 bit, as 420p10); convert it with \
         `ffmpeg -i INPUT -pix_fmt yuv420p OUTPUT.y4m`"
    )]
    Y4mColorSpace {
        /// The tag without its leading `C`.
        name: String,
    },
    /// The input ends inside a frame.
    #[error("the input ends inside frame {frame}")]
    Truncated {
        /// Number of the incomplete frame, from 0.
        frame: u64,
    },
    /// Raw video whose format was not given.
    #[error("{path}: raw video needs its size, pixel format and frame rate")]
    RawFormat {
        /// The file.
        path: PathBuf,
    },
    /// An image that cannot be decoded or encoded.
    #[error("{path}: {source}")]
    Image {
        /// The image.
        path: PathBuf,
        /// The cause.
        source: image::ImageError,
    },
    /// A folder or a pattern without a single image.
    #[error("{path}: no .png or .jpg image found")]
    NoImages {
        /// The folder or pattern.
        path: PathBuf,
    },
    /// A numbered sequence with a gap.
    #[error("{path}: image is missing in the middle of the sequence")]
    MissingImage {
        /// The first image that is missing.
        path: PathBuf,
    },
    /// A frame that differs in size, pixel format or bit depth from the rest of the video.
    #[error("frame {frame} is {actual} in a video of {expected}")]
    FormatChange {
        /// Number of the frame, from 0.
        frame: u64,
        /// Format of the video.
        expected: FrameFormat,
        /// Format of this frame.
        actual: FrameFormat,
    },
    /// A second frame for a file that holds one picture.
    #[error("{path} holds one picture; name a pattern such as frame_%04d.png for more")]
    SinglePicture {
        /// The file.
        path: PathBuf,
    },
    /// A name that says no format to write.
    #[error("{path}: no video format has this extension (known: {known})")]
    UnknownExtension {
        /// The file.
        path: PathBuf,
        /// Extensions that can be written.
        known: &'static str,
    },
    /// The `ffmpeg` program is absent.
    #[error(
        "{program} was not found on PATH; install it (Debian: apt-get install ffmpeg) or convert \
         the input to .y4m"
    )]
    FfmpegMissing {
        /// The program that was looked for.
        program: String,
    },
    /// The `ffmpeg` program failed.
    #[error("{program} failed ({status}): {message}")]
    FfmpegProgram {
        /// The program.
        program: String,
        /// Its exit status.
        status: String,
        /// The end of what it wrote to standard error.
        message: String,
    },
    /// The ffmpeg libraries reported an error.
    #[cfg(feature = "ffmpeg")]
    #[error("{path}: {source}")]
    FfmpegLibrary {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: ffmpeg_next::Error,
    },
    /// The file has no video in it.
    #[error("{path}: there is no video stream")]
    NoVideoStream {
        /// The file.
        path: PathBuf,
    },
}

impl VideoError {
    /// A function for `map_err` that adds the path to an [`io::Error`].
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}
