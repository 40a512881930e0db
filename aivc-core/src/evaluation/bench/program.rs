use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::BenchError;
use super::anchor::AnchorEncoder;

/// How often a running program is looked at, which is also how exactly it is timed.
const POLL: Duration = Duration::from_millis(2);

/// How much of the end of standard error is kept for messages, in bytes.
const MESSAGE_BYTES: usize = 2048;

/// An ffmpeg program, with what it is able to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ffmpeg {
    program: OsString,
    version: String,
    encoders: Vec<String>,
    has_vmaf: bool,
}

impl Ffmpeg {
    /// Asks a program what it has; `None` if it does not run.
    #[must_use]
    pub fn probe(program: impl Into<OsString>) -> Option<Self> {
        let program = program.into();
        let ask = |argument: &str| {
            let output = Command::new(&program)
                .args(["-hide_banner", argument])
                .stdin(Stdio::null())
                .output();
            match output {
                Ok(output) if output.status.success() => {
                    Some(String::from_utf8_lossy(&output.stdout).into_owned())
                }
                _ => None,
            }
        };
        let version = ask("-version")?;
        let second_word = |line: &str| line.split_whitespace().nth(1).map(str::to_owned);
        let encoders = ask("-encoders")?.lines().filter_map(second_word).collect();
        let has_vmaf = ask("-filters")?
            .lines()
            .filter_map(second_word)
            .any(|name| name == "libvmaf");
        Some(Self {
            program,
            version,
            encoders,
            has_vmaf,
        })
    }

    /// The program that has most of `wanted` and VMAF: among the one that the `IMAGEIO_FFMPEG_EXE`
    /// environment variable names, `ffmpeg` on the path, and that of the Python package
    /// imageio-ffmpeg.
    #[must_use]
    pub fn find(wanted: &[AnchorEncoder]) -> Option<Self> {
        let mut best: Option<Self> = None;
        let candidates: [fn() -> Option<OsString>; 3] = [
            || env::var_os("IMAGEIO_FFMPEG_EXE"),
            || Some("ffmpeg".into()),
            imageio_ffmpeg,
        ];
        for candidate in candidates {
            let Some(found) = candidate().and_then(Self::probe) else {
                continue;
            };
            if best
                .as_ref()
                .is_none_or(|best| found.abilities(wanted) > best.abilities(wanted))
            {
                best = Some(found);
            }
            let most = wanted.len() + 1;
            if best
                .as_ref()
                .is_some_and(|best| best.abilities(wanted) == most)
            {
                break;
            }
        }
        best
    }

    fn abilities(&self, wanted: &[AnchorEncoder]) -> usize {
        let encoders = wanted.iter().filter(|encoder| self.has(**encoder)).count();
        encoders + usize::from(self.has_vmaf)
    }

    /// Whether an encoder is built in.
    #[must_use]
    pub fn has(&self, encoder: AnchorEncoder) -> bool {
        let name = encoder.ffmpeg_name();
        self.encoders.iter().any(|encoder| encoder == name)
    }

    /// Whether it computes VMAF.
    #[must_use]
    pub fn has_vmaf(&self) -> bool {
        self.has_vmaf
    }

    /// The program: a name on the path, or a path.
    #[must_use]
    pub fn program(&self) -> &OsString {
        &self.program
    }

    /// All that `-version` prints: versions of its libraries, compiler, configuration.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The first line of it.
    #[must_use]
    pub fn version_line(&self) -> &str {
        self.version.lines().next().unwrap_or_default()
    }

    /// Runs it in `folder`.
    pub(super) fn run(
        &self,
        arguments: &[String],
        folder: &Path,
        check: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<RunFigures, BenchError> {
        run(
            Command::new(&self.program)
                .args(arguments)
                // SVT-AV1 else reports on standard error, whatever ffmpeg is told.
                .env("SVT_LOG", "1"),
            || self.command_line(arguments),
            folder,
            check,
        )
    }

    /// A command as a shell takes it; the program is called `ffmpeg`.
    pub(super) fn command_line(&self, arguments: &[String]) -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=+:.,/%@".contains(&byte);
        let quoted = arguments.iter().map(|argument| {
            if !argument.is_empty() && argument.bytes().all(plain) {
                argument.clone()
            } else {
                format!("'{}'", argument.replace('\'', r"'\''"))
            }
        });
        std::iter::once("ffmpeg".to_owned())
            .chain(quoted)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// What a program took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RunFigures {
    pub(super) seconds: f64,
    /// The most memory that was in use, in bytes; `None` where the system does not say.
    pub(super) peak_bytes: Option<u64>,
}

/// Runs a command in `folder` to its end; `line` is what it is called when it fails.
pub(super) fn run(
    command: &mut Command,
    line: impl FnOnce() -> String,
    folder: &Path,
    check: &dyn Fn() -> ControlFlow<()>,
) -> Result<RunFigures, BenchError> {
    let name = command.get_program().to_string_lossy().into_owned();
    let begun = Instant::now();
    let mut child = command
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| BenchError::Program {
            program: name.clone(),
            source,
        })?;
    let mut pipe = child.stderr.take().expect("standard error is piped");
    let messages = thread::spawn(move || {
        let mut text = Vec::new();
        // A pipe that breaks ends the messages as their end does.
        let _ = pipe.read_to_end(&mut text);
        text
    });
    let mut peak_bytes = None;
    let status = loop {
        peak_bytes = peak_memory(child.id()).max(peak_bytes);
        if let Some(status) = child.try_wait().map_err(BenchError::io(Path::new(&name)))? {
            break status;
        }
        if check().is_break() {
            // It may have ended just now.
            let _ = child.kill();
            let _ = child.wait();
            return Err(BenchError::Cancelled);
        }
        thread::sleep(POLL);
    };
    let seconds = begun.elapsed().as_secs_f64();
    if status.success() {
        return Ok(RunFigures {
            seconds,
            peak_bytes,
        });
    }
    let text = messages.join().unwrap_or_default();
    let tail = &text[text.len().saturating_sub(MESSAGE_BYTES)..];
    let lines = String::from_utf8_lossy(tail);
    let lines: Vec<_> = lines
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    Err(BenchError::Command {
        command: line(),
        status: status.to_string(),
        message: match lines.is_empty() {
            true => "it gave no reason".to_owned(),
            false => lines.join("; "),
        },
    })
}

/// The most memory that a process had in use so far, as Linux counts it (`VmHWM`); `None` elsewhere, and
/// of a process that is gone.
fn peak_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(1024 * kibibytes)
}

/// The program that the Python package imageio-ffmpeg carries.
fn imageio_ffmpeg() -> Option<OsString> {
    ["python3", "python"].into_iter().find_map(|python| {
        let output = Command::new(python)
            .args([
                "-c",
                "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())",
            ])
            .stdin(Stdio::null())
            .output()
            .ok()?;
        let path = String::from_utf8(output.stdout).ok()?;
        (output.status.success() && !path.trim().is_empty()).then(|| path.trim().into())
    })
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn the_peak_of_a_process_is_what_it_once_had() {
        let before = peak_memory(std::process::id()).unwrap();
        const MORE: usize = 64 << 20;
        let mut block = vec![0_u8; MORE];
        block.iter_mut().step_by(1024).for_each(|byte| *byte = 1);
        assert!(block.contains(&1));
        drop(block);
        // Other tests of this process may add to it.
        let after = peak_memory(std::process::id()).unwrap();
        assert!(after >= before && after >= MORE as u64, "{before} {after}");
        assert_eq!(peak_memory(u32::MAX), None);
    }
}
