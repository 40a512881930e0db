//! Video files: [`open_reader`] and [`create_writer`] over every format this crate knows.
//!
//! | input | read by | written by |
//! |---|---|---|
//! | `.y4m`, `-` | this crate, 4:2:0 in 8 and 10 bit | this crate |
//! | `.yuv` | this crate, with the format given in [`ReaderOptions::raw`] | this crate |
//! | `.png`, `.jpg`, a folder of these, `name_%04d.png` | the `image` crate, 8 bit RGB | `.png` alone |
//! | anything else | an `ffmpeg` program on the path, or its libraries with the cargo feature `ffmpeg` | an `ffmpeg` program: `.mkv`, `.mp4`, `.mov`, `.webm` |
//!
//! Interlaced video is read as frames of both fields, and written as progressive.
//!
//! Readers and writers hold one frame at a time. Files are written under a temporary name and
//! renamed when they are finished ([`OutputFile`]).

mod color_names;
mod converting;
mod error;
#[cfg(feature = "ffmpeg")]
mod ffmpeg_library;
mod ffmpeg_program;
mod images;
mod null;
mod output_file;
mod picture_paths;
mod properties;
mod rational;
mod raw;
mod reader;
mod writer;
mod y4m;

pub use error::VideoError;
pub use ffmpeg_program::FfmpegProgramReader;
pub use null::NullWriter;
pub use output_file::OutputFile;
pub(crate) use picture_paths::picture_paths;
pub use properties::VideoProperties;
pub use rational::Rational;
pub use reader::{ReaderOptions, VideoReader, open_reader};
pub use writer::{VideoWriter, WriterOptions, create_writer};
pub use y4m::{Y4mReader, Y4mWriter};
