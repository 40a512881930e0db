use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Stdio};

use tempfile::TempPath;

use crate::frame::{ColorDescription, ColorRange, Frame};
use crate::video::output_file::{persist, temporary_beside};
use crate::video::reader::has_extension;
use crate::video::{VideoError, VideoProperties, VideoWriter, WriterOptions, Y4mWriter};

use super::child::{ChildProgram, file_argument, quiet_command};

/// Encodes frames without loss into a container, by an `ffmpeg` program that is fed y4m.
pub(in crate::video) struct ProgramWriter {
    // Dropped in this order: the pipe closes, the program ends, its file goes.
    frames: Y4mWriter<BufWriter<ChildStdin>>,
    child: ChildProgram,
    temporary: TempPath,
    path: PathBuf,
}

impl ProgramWriter {
    /// Starts ffmpeg on a temporary file beside `path`.
    pub(in crate::video) fn create(
        path: &Path,
        properties: &VideoProperties,
        options: &WriterOptions,
    ) -> Result<Self, VideoError> {
        let temporary = temporary_beside(path)?.into_temp_path();
        let mut command = quiet_command(&options.ffmpeg);
        command
            .args(["-f", "yuv4mpegpipe", "-i", "-", "-y"])
            .args(codec_arguments(path))
            .args(color_arguments(properties.color))
            .arg(file_argument(&temporary))
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        let mut child = ChildProgram::spawn(command)?;
        let frames = Y4mWriter::new(child.take_stdin(), path, properties)?;
        Ok(Self {
            frames,
            child,
            temporary,
            path: path.to_owned(),
        })
    }
}

impl VideoWriter for ProgramWriter {
    fn write_frame(&mut self, frame: &Frame) -> Result<(), VideoError> {
        match self.frames.write_frame(frame) {
            // The pipe broke because the program ended: its own message says why.
            Err(error @ VideoError::Io { .. }) => Err(self.child.wait().err().unwrap_or(error)),
            result => result,
        }
    }

    fn finish(self: Box<Self>) -> Result<(), VideoError> {
        let Self {
            frames,
            mut child,
            temporary,
            path,
        } = *self;
        let flushed = Box::new(frames).finish();
        child.wait()?;
        flushed?;
        persist(temporary, &path)
    }
}

/// Codec and container by the file's extension: lossless, so that what a decoder gave is what the
/// file holds.
fn codec_arguments(path: &Path) -> &'static [&'static str] {
    let is = |extension| has_extension(path, extension);
    if is("mp4") || is("mov") {
        &["-c:v", "libx264", "-preset", "medium", "-qp", "0"]
    } else if is("webm") {
        &[
            "-c:v",
            "libvpx-vp9",
            "-lossless",
            "1",
            "-row-mt",
            "1",
            "-cpu-used",
            "4",
        ]
    } else {
        &[
            "-c:v",
            "ffv1",
            "-level",
            "3",
            "-g",
            "1",
            "-slices",
            "4",
            "-slicecrc",
            "1",
        ]
    }
}

/// Names the colours; ffmpeg takes H.273 code points as numbers. The filter marks the frames where
/// the encoder takes the description from them and not from the options.
fn color_arguments(color: ColorDescription) -> Vec<String> {
    let range = match color.range {
        ColorRange::Limited => "tv",
        ColorRange::Full => "pc",
    };
    let (primaries, transfer, matrix) = (
        color.primaries.code_point(),
        color.transfer.code_point(),
        color.matrix.code_point(),
    );
    let filter = format!(
        "setparams=range={range}:color_primaries={primaries}:color_trc={transfer}:\
         colorspace={matrix}"
    );
    [
        "-vf".to_owned(),
        filter,
        "-color_range".to_owned(),
        range.to_owned(),
        "-color_primaries".to_owned(),
        primaries.to_string(),
        "-color_trc".to_owned(),
        transfer.to_string(),
        "-colorspace".to_owned(),
        matrix.to_string(),
    ]
    .into()
}
