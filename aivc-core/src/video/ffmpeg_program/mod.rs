//! Video in other containers, through an `ffmpeg` program that speaks y4m over a pipe.

mod child;
mod probe;
mod reader;
mod writer;

pub use reader::FfmpegProgramReader;
pub(super) use writer::ProgramWriter;
