//! How a command ends.

use std::error::Error;
use std::io;
use std::path::Path;

use aivc_core::evaluation::EvaluationError;
use aivc_core::session::{ContainerError, HeaderError, SessionError};
use aivc_core::training::TrainingError;
use aivc_core::video::VideoError;

use crate::interrupt;

/// A command that did what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Without reservation.
    Done,
    /// With what a damaged stream still holds.
    Damaged,
}

/// A command that did not.
#[derive(Debug)]
pub enum Failure {
    /// One line: the cause, and how to mend it.
    Error { message: String },
    /// Arguments that do not fit each other.
    Usage { message: String },
    /// Ctrl-C.
    Cancelled { message: String },
    /// Whoever read standard output has enough; nothing to say.
    BrokenPipe,
}

impl Failure {
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage {
            message: message.into(),
        }
    }

    pub fn error(message: impl Into<String>) -> Self {
        Self::Error {
            message: message.into(),
        }
    }

    /// For `map_err`: an error about `path`, which its message names.
    pub fn at<E: Error + 'static>(path: &Path) -> impl FnOnce(E) -> Self + '_ {
        move |error| Self::from(error).about(path)
    }

    /// The failure with `path` named first, unless it names it already.
    pub fn about(self, path: &Path) -> Self {
        let name = path.display().to_string();
        match self {
            Self::Error { message } if !message.contains(&name) => {
                Self::error(format!("{name}: {message}"))
            }
            other => other,
        }
    }
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        if is_broken_pipe(&error) {
            return Self::BrokenPipe;
        }
        // Ctrl-C reaches the programs at both ends of a pipe too; what they break is no cause.
        if interrupt::is_requested() {
            return Self::Cancelled {
                message: "cancelled".to_owned(),
            };
        }
        let mut message = one_line(&error);
        if let Some(mend) = mend(&error) {
            message.push_str("; ");
            message.push_str(mend);
        }
        Self::Error { message }
    }
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    chain(error)
        .find_map(|error| error.downcast_ref::<io::Error>())
        .map(io::Error::kind)
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    io_kind(error) == Some(io::ErrorKind::BrokenPipe)
}

/// The message with causes that it does not tell itself, on one line.
fn one_line(error: &(dyn Error + 'static)) -> String {
    let mut message = String::new();
    for error in chain(error) {
        let text = error.to_string();
        // Parsers draw the offending line under the first one.
        let lines: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.contains('|'))
            .collect();
        let text = lines.join(": ");
        if message.is_empty() {
            message = text;
        } else if !message.contains(&text) {
            message = format!("{message}: {text}");
        }
    }
    without_system_detail(message)
}

/// Takes out the number of an operating system's error, which says nothing that its words do not,
/// and the name of a temporary file that it may be followed by.
fn without_system_detail(mut message: String) -> String {
    if let Some(start) = message.find(" (os error ")
        && let Some(length) = message[start..].find(')')
    {
        message.replace_range(start..=start + length, "");
        const FILE: &str = " at path \"";
        if message[start..].starts_with(FILE)
            && let Some(length) = message[start + FILE.len()..].find('"')
        {
            message.replace_range(start..=start + FILE.len() + length, "");
        }
    }
    message
}

/// What to do about errors whose message does not say it.
fn mend(error: &(dyn Error + 'static)) -> Option<&'static str> {
    match error.downcast_ref() {
        Some(ContainerError::Header(HeaderError::Magic { .. })) => {
            return Some("give a stream made by `aivc encode`");
        }
        Some(ContainerError::Header(_)) => return Some("get the stream anew from its source"),
        _ => {}
    }
    if let Some(VideoError::Truncated { .. }) = video_error(error) {
        return Some("give a complete file, or stop earlier with --frames");
    }
    if let Some(EvaluationError::Size { .. }) = error.downcast_ref() {
        return Some("scale one of them to the other's size");
    }
    if let Some(TrainingError::NoCheckpoint { .. }) = error.downcast_ref() {
        return Some("start the run without --resume");
    }
    match io_kind(error)? {
        io::ErrorKind::NotFound => Some("check the path"),
        io::ErrorKind::PermissionDenied => Some("check the permissions"),
        io::ErrorKind::StorageFull => Some("free some space"),
        io::ErrorKind::IsADirectory => Some("name a file"),
        _ => None,
    }
}

/// The video error that another one passes on as it is; such ones are not in the chain of causes.
fn video_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a VideoError> {
    if let Some(SessionError::Video(error)) = error.downcast_ref() {
        return Some(error);
    }
    match error.downcast_ref() {
        Some(
            EvaluationError::Video(error) | EvaluationError::Session(SessionError::Video(error)),
        ) => Some(error),
        _ => error.downcast_ref(),
    }
}

/// An error of writing to standard output, as a session's sink passes it on.
pub fn stdout_error(source: io::Error) -> SessionError {
    VideoError::Io {
        path: "standard output".into(),
        source,
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_of_the_system_are_left_out() {
        let text = "a.y4m: No such file or directory (os error 2) at path \"/b/.aivc-x.part\"";
        assert_eq!(
            without_system_detail(text.to_owned()),
            "a.y4m: No such file or directory"
        );
        let text = "a.y4m: No such file or directory (os error 2)";
        assert_eq!(
            without_system_detail(text.to_owned()),
            "a.y4m: No such file or directory"
        );
        assert_eq!(
            without_system_detail("é (os error".to_owned()),
            "é (os error"
        );
    }
}
