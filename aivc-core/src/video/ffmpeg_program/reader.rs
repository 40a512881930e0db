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
        let mut command = quiet_command(&options.ffmpeg);
        command
            .arg("-nostdin")
            .arg("-i")
            .arg(file_argument(path))
            .args([
                "-map",
                "0:v:0",
                "-vf",
                "format=yuv420p|yuvj420p|yuv420p10le",
            ])
            .args(["-fps_mode", "passthrough"])
            .args(["-strict", "-1", "-f", "yuv4mpegpipe", "-"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = ChildProgram::spawn(command)?;
        let mut frames = match Y4mReader::new(child.take_stdout(), path) {
            Ok(frames) => frames,
            // Why ffmpeg wrote no header says more than that it did not.
            Err(error) => return Err(child.wait().err().unwrap_or(error)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_an_error_that_says_what_to_install() {
        let options = ReaderOptions {
            ffmpeg: "aivc-test-no-such-program".into(),
            ..ReaderOptions::default()
        };
        let error = FfmpegProgramReader::open(Path::new("a.mkv"), &options)
            .err()
            .unwrap();
        assert!(matches!(error, VideoError::FfmpegMissing { .. }));
        let text = error.to_string();
        assert!(
            text.contains("apt-get install ffmpeg") && text.contains(".y4m"),
            "{text}"
        );
    }
}
