//! Video in other containers, through an `ffmpeg` program that speaks y4m over a pipe.

mod child;
#[cfg_attr(
    feature = "ffmpeg",
    expect(dead_code, reason = "the libraries read in its place")
)]
mod probe;
#[cfg_attr(
    feature = "ffmpeg",
    expect(dead_code, reason = "the libraries read in its place")
)]
mod reader;
mod writer;

#[cfg(not(feature = "ffmpeg"))]
pub(super) use reader::ProgramReader;
pub(super) use writer::ProgramWriter;
