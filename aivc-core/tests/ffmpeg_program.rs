//! The pipe to an `ffmpeg` program, with shell scripts in its place.
#![cfg(unix)]

use std::path::Path;
use std::process::Command;

use aivc_core::frame::{BitDepth, FrameFormat, PixelFormat};
use aivc_core::video::{
    FfmpegProgramReader, Rational, ReaderOptions, VideoError, VideoProperties, VideoReader,
    WriterOptions, create_writer,
};

/// A program that stands in for ffmpeg: a shell script.
struct FakeProgram {
    folder: tempfile::TempDir,
}

impl FakeProgram {
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Written by another process: a file that this one had open for writing while another test
        // starts a program could not be run ("text file busy").
        let status = Command::new("sh")
            .args([
                "-c",
                r#"printf '%s\n' '#!/bin/sh' "$1" > "$2" && chmod +x "$2""#,
                "sh",
                script,
            ])
            .arg(folder.path().join("program"))
            .status();
        assert!(status.unwrap().success());
        Self { folder }
    }

    fn open(&self) -> Result<FfmpegProgramReader, VideoError> {
        let options = ReaderOptions {
            ffmpeg: self.folder.path().join("program").into(),
            ffprobe: "aivc-test-no-such-program".into(),
            ..ReaderOptions::default()
        };
        FfmpegProgramReader::open(Path::new("a.mkv"), &options)
    }
}

const TWO_FRAMES: &str = r"printf 'YUV4MPEG2 W2 H1 F25:1 C420\nFRAME\nabcdFRAME\nefgh'";

#[test]
fn frames_come_over_the_pipe() {
    let mut reader = FakeProgram::new(TWO_FRAMES).open().unwrap();
    let mut lumas = Vec::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        lumas.push(frame.plane(0).as_u8().unwrap().to_vec());
    }
    assert_eq!(lumas, [b"ab", b"ef"]);
}

#[test]
fn a_program_that_fails_at_once_is_quoted_in_one_line() {
    let script = "echo 'a.mkv: first' >&2; echo 'and second' >&2; exit 3";
    let error = FakeProgram::new(script).open().err().unwrap().to_string();
    assert!(
        error.ends_with("(exit status: 3): a.mkv: first; and second"),
        "{error}"
    );
}

#[test]
fn a_program_that_fails_in_the_middle_is_an_error_and_no_short_video() {
    let script = format!("{TWO_FRAMES}; echo 'disk on fire' >&2; exit 1");
    let mut reader = FakeProgram::new(&script).open().unwrap();
    assert!(reader.next_frame().unwrap().is_some());
    assert!(reader.next_frame().unwrap().is_some());
    let error = reader.next_frame().unwrap_err().to_string();
    assert!(error.contains("disk on fire"), "{error}");
}

#[test]
fn an_old_program_gets_the_old_option() {
    let script = format!(
        "case \"$*\" in *fps_mode*) echo \"Unrecognized option 'fps_mode'.\" >&2; exit 1;; \
         *vsync*) {TWO_FRAMES};; esac"
    );
    let mut reader = FakeProgram::new(&script).open().unwrap();
    assert!(reader.next_frame().unwrap().is_some());
}

/// The program would write for ever; the test ends because dropping the reader ends it.
#[test]
fn dropping_the_reader_ends_the_program() {
    let script = format!("{TWO_FRAMES}; exec sleep 1000");
    drop(FakeProgram::new(&script).open().unwrap());
}

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

#[test]
fn a_missing_program_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let format = FrameFormat::new(2, 2, PixelFormat::Yuv420, BitDepth::Eight).unwrap();
    let properties = VideoProperties::new(format, Rational::whole(25));
    let options = WriterOptions {
        ffmpeg: "aivc-test-no-such-program".into(),
    };
    let result = create_writer(folder.path().join("a.mkv"), &properties, &options);
    assert!(matches!(
        result.err().unwrap(),
        VideoError::FfmpegMissing { .. }
    ));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
