//! YUV4MPEG2: a line of text for the stream, then a line `FRAME` and raw planes for each frame
//! (`man 5 yuv4mpeg` of the MJPEG tools; `libavformat/yuv4mpegdec.c` for what is met in practice).
//!
//! Parsed here and not by the `y4m` crate, which overflows on hostile sizes and cannot tell a
//! truncated stream from a complete one.
//!
//! The chroma siting that the tags 420jpeg, 420mpeg2 and 420paldv name is not kept: ffmpeg, which
//! writes most of these files, says 420jpeg wherever it does not know. Files are written as
//! 420mpeg2, the siting that [`color`](crate::color) assumes.

mod header;
mod reader;
mod writer;

pub use reader::Y4mReader;
pub use writer::Y4mWriter;
