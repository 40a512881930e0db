//! Running the command, and input for it.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

pub const WIDTH: usize = 48;
pub const HEIGHT: usize = 40;

/// A folder of its own for a test, with a small clip in it.
pub struct Workplace {
    folder: TempDir,
}

impl Workplace {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// With `clip.y4m` of so many frames.
    pub fn with_clip(frames: usize) -> Self {
        let workplace = Self::new();
        fs::write(workplace.path("clip.y4m"), clip(frames)).unwrap();
        workplace
    }

    /// With `clip.y4m`, and `clip.aivc` encoded from it.
    pub fn with_stream(frames: usize) -> Self {
        let workplace = Self::with_clip(frames);
        workplace
            .run(["encode", "clip.y4m", "-o", "clip.aivc"])
            .succeeds();
        workplace
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The command, in this folder.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aivc"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    pub fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Run {
        Run(self.command(arguments).output().unwrap())
    }
}

/// How a run of the command ended.
#[derive(Debug)]
pub struct Run(pub Output);

impl Run {
    pub fn code(&self) -> Option<i32> {
        self.0.status.code()
    }

    pub fn stdout(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    pub fn stderr(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    #[track_caller]
    pub fn succeeds(self) -> Self {
        assert_eq!(self.code(), Some(0), "{}", self.stderr());
        self
    }

    /// Ends with `code` and one line on standard error that holds all of `parts`.
    #[track_caller]
    pub fn fails(self, code: i32, parts: &[&str]) -> Self {
        let stderr = self.stderr();
        assert_eq!(self.code(), Some(code), "{stderr}");
        assert!(stderr.starts_with("error: "), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        for part in parts {
            assert!(stderr.contains(part), "`{part}` is not in {stderr}");
        }
        self
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout()).unwrap()
    }
}

/// A y4m clip of a moving gradient.
pub fn clip(frames: usize) -> Vec<u8> {
    let mut bytes = format!("YUV4MPEG2 W{WIDTH} H{HEIGHT} F25:1 Ip A1:1 C420\n").into_bytes();
    for frame in 0..frames {
        bytes.extend_from_slice(b"FRAME\n");
        bytes.extend(raw_frame(frame));
    }
    bytes
}

/// The samples of frame `frame` of [`clip`].
pub fn raw_frame(frame: usize) -> Vec<u8> {
    let luma = (0..WIDTH * HEIGHT).map(|i| 30 + (2 * (i % WIDTH) + i / WIDTH + 3 * frame) as u8);
    let chroma = (0..WIDTH * HEIGHT / 2).map(|i| 100 + (i % 50) as u8);
    luma.chain(chroma).collect()
}

/// The frames of a y4m file of the clip's size.
pub fn frames_of_y4m(bytes: &[u8]) -> Vec<&[u8]> {
    let header = bytes.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    let frame = b"FRAME\n".len() + WIDTH * HEIGHT * 3 / 2;
    bytes[header..]
        .chunks(frame)
        .map(|frame| frame.strip_prefix(b"FRAME\n").unwrap())
        .collect()
}

/// A folder without any program, to stand for PATH.
pub fn empty_path(workplace: &Workplace) -> PathBuf {
    let path = workplace.path("empty");
    fs::create_dir_all(&path).unwrap();
    path
}
