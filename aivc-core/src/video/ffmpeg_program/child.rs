use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

use crate::video::VideoError;

/// How much of the end of standard error is kept for messages, in bytes.
const MESSAGE_BYTES: usize = 4096;

/// A running program, killed when it is dropped, whose standard error is read all the while so
/// that it cannot block on it.
pub(super) struct ChildProgram {
    child: Child,
    program: String,
    messages: Option<JoinHandle<Vec<u8>>>,
}

impl ChildProgram {
    /// Starts `command`; its standard input and output are as the caller set them.
    pub(super) fn spawn(mut command: Command) -> Result<Self, VideoError> {
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child = command.stderr(Stdio::piped()).spawn().map_err(|source| {
            if source.kind() == io::ErrorKind::NotFound {
                VideoError::FfmpegMissing {
                    program: program.clone(),
                }
            } else {
                VideoError::io(Path::new(&program))(source)
            }
        })?;
        let messages = child
            .stderr
            .take()
            .map(|pipe| std::thread::spawn(|| tail_of(pipe)));
        Ok(Self {
            child,
            program,
            messages,
        })
    }

    /// The pipe to its standard input, once.
    pub(super) fn take_stdin(&mut self) -> ChildStdin {
        self.child
            .stdin
            .take()
            .expect("standard input is piped and taken once")
    }

    /// The pipe from its standard output, once.
    pub(super) fn take_stdout(&mut self) -> ChildStdout {
        self.child
            .stdout
            .take()
            .expect("standard output is piped and taken once")
    }

    /// Waits for the end of the program; an exit status other than success is an error that says
    /// what the program wrote last.
    pub(super) fn wait(&mut self) -> Result<(), VideoError> {
        let status = self
            .child
            .wait()
            .map_err(VideoError::io(Path::new(&self.program)))?;
        if status.success() {
            Ok(())
        } else {
            Err(self.failure(status))
        }
    }

    fn failure(&mut self, status: ExitStatus) -> VideoError {
        let message = self.messages.take().and_then(|thread| thread.join().ok());
        let message = String::from_utf8_lossy(&message.unwrap_or_default()).into_owned();
        let lines: Vec<&str> = message
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        VideoError::FfmpegProgram {
            program: self.program.clone(),
            status: status.to_string(),
            message: match lines.is_empty() {
                true => "it gave no reason".to_owned(),
                false => lines.join("; "),
            },
        }
    }
}

impl Drop for ChildProgram {
    fn drop(&mut self) {
        // Both fail only where the program has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command that asks nothing and reports errors alone.
pub(super) fn quiet_command(program: &OsStr) -> Command {
    let mut command = Command::new(program);
    command.args(["-hide_banner", "-loglevel", "error"]);
    command
}

/// `path` as ffmpeg takes it: never for an option, a protocol or standard input.
pub(super) fn file_argument(path: &Path) -> std::ffi::OsString {
    let mut argument = std::ffi::OsString::from("file:");
    argument.push(path);
    argument
}

fn tail_of(mut pipe: ChildStderr) -> Vec<u8> {
    let mut tail = Vec::new();
    let mut buffer = [0; 1024];
    // A broken pipe ends the messages as their end does.
    while let Ok(length @ 1..) = pipe.read(&mut buffer) {
        tail.extend_from_slice(&buffer[..length]);
        let excess = tail.len().saturating_sub(MESSAGE_BYTES);
        tail.drain(..excess);
    }
    tail
}
