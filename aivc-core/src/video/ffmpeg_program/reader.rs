use std::path::Path;
use std::process::{ChildStdout, Stdio};

use crate::frame::Frame;
use crate::video::{
    ReaderOptions, VideoError, VideoProperties, VideoReader, Y4mReader, color_names,
};

use super::child::{ChildProgram, file_argument, quiet_command};
use super::probe::{Probe, probe};

/// Decodes the first video stream of any file that the `ffmpeg` program reads.
///
/// ffmpeg picks the nearest of 8-bit and 10-bit 4:2:0 by itself; other formats (4:4:4, RGB, 12
/// bit) are converted by it. Frames come as they are stored, neither doubled nor dropped to fit a
/// constant rate.
///
/// [`open_reader`](crate::video::open_reader) uses it unless the cargo feature `ffmpeg` is on.
pub struct FfmpegProgramReader {
    // Before `child`, so that the pipe closes before the program is waited for.
    frames: Y4mReader<ChildStdout>,
    child: ChildProgram,
}

impl FfmpegProgramReader {
    /// Starts ffmpeg on `path` and waits for the first header.
    ///
    /// # Errors
    /// [`VideoError::FfmpegMissing`], [`VideoError::FfmpegProgram`] if it cannot read the file, and
    /// those of [`Y4mReader::new`].
    pub fn open(path: &Path, options: &ReaderOptions) -> Result<Self, VideoError> {
        match Self::start(path, options, ["-fps_mode", "passthrough"]) {
            // ffmpeg before 5.1 knows only the older option, which 9 has dropped.
            Err(VideoError::FfmpegProgram { message, .. }) if message.contains("fps_mode") => {
                Self::start(path, options, ["-vsync", "passthrough"])
            }
            result => result,
        }
    }

    fn start(
        path: &Path,
        options: &ReaderOptions,
        keep_frames: [&str; 2],
    ) -> Result<Self, VideoError> {
        let mut command = quiet_command(&options.ffmpeg);
        command
            .arg("-nostdin")
            .arg("-i")
            .arg(file_argument(path))
            .args(["-map", "0:V:0"])
            .args(["-vf", "format=yuv420p|yuvj420p|yuv420p10le"])
            .args(keep_frames)
            .args(["-strict", "-1", "-f", "yuv4mpegpipe", "-"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = ChildProgram::spawn(command)?;
        let mut frames = match Y4mReader::new(child.take_stdout(), path) {
            Ok(frames) => frames,
            // Why ffmpeg wrote no header says more than that it did not.
            Err(error @ VideoError::Y4mHeader { .. }) => {
                return Err(child.wait().err().unwrap_or(error));
            }
            Err(error) => return Err(error),
        };
        let Probe { color, frame_count } = probe(&options.ffprobe, path);
        frames.describe(color_names::as_yuv420(color), frame_count);
        Ok(Self { frames, child })
    }
}

impl VideoReader for FfmpegProgramReader {
    fn properties(&self) -> &VideoProperties {
        self.frames.properties()
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, VideoError> {
        match self.frames.next_frame() {
            Ok(Some(frame)) => Ok(Some(frame)),
            Ok(None) => self.child.wait().map(|()| None),
            Err(error @ VideoError::Truncated { .. }) => {
                Err(self.child.wait().err().unwrap_or(error))
            }
            Err(error) => Err(error),
        }
    }
}
