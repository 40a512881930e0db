//! Errors of the library as exceptions of `aivc._errors`.

use std::io;
use std::path::Path;

use aivc_core::color::ColorError;
use aivc_core::evaluation::EvaluationError;
use aivc_core::frame::FrameError;
use aivc_core::metrics::{BdRateError, LpipsLoadError, MetricError};
use aivc_core::model::{ModelError, WeightsError};
use aivc_core::session::{ContainerError, EffortError, HeaderError, QualityError, SessionError};
use aivc_core::training::TrainingError;
use aivc_core::video::VideoError;
use aivc_entropy::{DecodeError, EncodeError, TableError};
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;

/// The Python exceptions, which Python code defines.
mod exceptions {
    use pyo3::import_exception;

    import_exception!(aivc._errors, InvalidArgumentError);
    import_exception!(aivc._errors, StreamError);
    import_exception!(aivc._errors, ModelError);
    import_exception!(aivc._errors, VideoError);
    import_exception!(aivc._errors, TrainingError);
    import_exception!(aivc._errors, InputOutputError);
    import_exception!(aivc._errors, MissingFileError);
}

/// A Python exception on its way out. Errors of the library turn into it by `?`.
#[derive(Debug)]
pub struct Failure(PyErr);

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self(error)
    }
}

impl Failure {
    /// The caller's mistake; also a `ValueError`.
    pub fn argument(message: impl ToString) -> Self {
        Self(exceptions::InvalidArgumentError::new_err(
            message.to_string(),
        ))
    }

    /// A stream that is damaged, or asks for what this version does not do.
    pub fn stream(message: impl ToString) -> Self {
        Self(exceptions::StreamError::new_err(message.to_string()))
    }

    fn model(message: impl ToString) -> Self {
        Self(exceptions::ModelError::new_err(message.to_string()))
    }

    fn video(message: impl ToString) -> Self {
        Self(exceptions::VideoError::new_err(message.to_string()))
    }

    fn training(message: impl ToString) -> Self {
        Self(exceptions::TrainingError::new_err(message.to_string()))
    }

    /// Memory that there is not.
    pub fn memory(bytes: usize) -> Self {
        Self(PyMemoryError::new_err(format!(
            "{bytes} bytes cannot be allocated"
        )))
    }

    /// An error of reading or writing `path`. One that a Python file object raised is passed on.
    pub fn io(error: io::Error, path: Option<&Path>) -> Self {
        if error.get_ref().is_some_and(|inner| inner.is::<PyErr>()) {
            return Self(error.into());
        }
        let message = error.to_string();
        let Some(code) = error.raw_os_error() else {
            let message = match path {
                Some(path) => format!("{}: {message}", path.display()),
                None => message,
            };
            return Self(exceptions::InputOutputError::new_err(message));
        };
        // `OSError` prints the number itself.
        let suffix = format!(" (os error {code})");
        let text = match message.split_once(&suffix) {
            Some((text, _)) => text.to_owned(),
            None => message,
        };
        let path = path.map(Path::to_owned);
        Self(if error.kind() == io::ErrorKind::NotFound {
            exceptions::MissingFileError::new_err((code, text, path))
        } else {
            exceptions::InputOutputError::new_err((code, text, path))
        })
    }

    /// An error of opening a stream: what its header asks for is no argument of the caller's.
    pub fn of_stream(error: SessionError) -> Self {
        match error {
            SessionError::Frame(_) | SessionError::Color(_) => Self::stream(error),
            other => other.into(),
        }
    }
}

/// Errors that are the caller's mistake whatever they say.
macro_rules! arguments {
    ($($error:ty),*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::argument(error)
            }
        })*
    };
}

arguments!(
    BdRateError,
    ColorError,
    EffortError,
    EncodeError,
    FrameError,
    MetricError,
    QualityError,
    TableError
);

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::LengthMismatch { .. }
            | DecodeError::TableIndex { .. }
            | DecodeError::BitCount { .. } => Self::argument(error),
            _ => Self::stream(error),
        }
    }
}

impl From<WeightsError> for Failure {
    fn from(error: WeightsError) -> Self {
        Self::model(error)
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        match error {
            ModelError::Io { path, source } => Self::io(source, Some(&path)),
            ModelError::UnknownBackend { .. }
            | ModelError::BackendMissing { .. }
            | ModelError::Quality(_)
            | ModelError::Color(_) => Self::argument(error),
            ModelError::Codec(_) | ModelError::InterFrame => Self::stream(error),
            _ => Self::model(error),
        }
    }
}

impl From<ContainerError> for Failure {
    fn from(error: ContainerError) -> Self {
        match error {
            ContainerError::Io(error) => Self::io(error, None),
            ContainerError::NoSuchPacket { .. } | ContainerError::NoKeyframe { .. } => {
                Self::argument(error)
            }
            // What the caller asked for cannot be written.
            ContainerError::Header(
                HeaderError::Size { .. }
                | HeaderError::ModelNameLength { .. }
                | HeaderError::ModelName,
            )
            | ContainerError::InvalidPacket { .. } => Self::argument(error),
            _ => Self::stream(error),
        }
    }
}

impl From<VideoError> for Failure {
    fn from(error: VideoError) -> Self {
        match error {
            VideoError::Io { path, source } => Self::io(source, Some(&path)),
            VideoError::Frame(_)
            | VideoError::Color(_)
            | VideoError::FrameRate { .. }
            | VideoError::RawFormat { .. }
            | VideoError::SinglePicture { .. }
            | VideoError::UnknownExtension { .. } => Self::argument(error),
            _ => Self::video(error),
        }
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Model(error) => error.into(),
            SessionError::Container(error) => error.into(),
            SessionError::Video(error) => error.into(),
            SessionError::Packet { .. }
            | SessionError::ReferenceLost { .. }
            | SessionError::Unsupported { .. } => Self::stream(error),
            _ => Self::argument(error),
        }
    }
}

impl From<LpipsLoadError> for Failure {
    fn from(error: LpipsLoadError) -> Self {
        match error {
            LpipsLoadError::Io { path, source } => Self::io(source, Some(&path)),
            LpipsLoadError::Backend(error) => error.into(),
            _ => Self::model(error),
        }
    }
}

impl From<EvaluationError> for Failure {
    fn from(error: EvaluationError) -> Self {
        match error {
            EvaluationError::Session(error) => error.into(),
            EvaluationError::Container(error) => error.into(),
            EvaluationError::Video(error) => error.into(),
            EvaluationError::Damaged { .. } | EvaluationError::Incomplete => Self::stream(error),
            _ => Self::argument(error),
        }
    }
}

impl From<TrainingError> for Failure {
    fn from(error: TrainingError) -> Self {
        match error {
            TrainingError::Io { path, source } => Self::io(source, Some(&path)),
            TrainingError::Video(error) => error.into(),
            TrainingError::Backend(error) => error.into(),
            TrainingError::Recipe { .. }
            | TrainingError::Field { .. }
            | TrainingError::Name { .. }
            | TrainingError::Config(_) => Self::argument(error),
            _ => Self::training(error),
        }
    }
}
