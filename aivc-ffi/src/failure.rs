use std::error::Error;
use std::fmt;
use std::io;

use aivc_core::evaluation::EvaluationError;
use aivc_core::frame::FrameError;
use aivc_core::model::ModelError;
use aivc_core::session::{ContainerError, EffortError, HeaderError, QualityError, SessionError};
use aivc_core::training::TrainingError;
use aivc_core::video::VideoError;

use crate::AivcStatus;

/// Why a call did not do what it was asked: a status for programs, a message for people.
#[derive(Debug)]
pub struct Failure {
    pub status: AivcStatus,
    pub message: String,
}

impl Failure {
    pub fn new(status: AivcStatus, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
        }
    }

    pub fn argument(message: impl Into<String>) -> Self {
        Self::new(AivcStatus::InvalidArgument, message)
    }

    pub fn out_of_order(message: impl Into<String>) -> Self {
        Self::new(AivcStatus::OutOfOrder, message)
    }

    /// An error with its causes. Where input or output failed, that is the status, whatever the
    /// session was doing.
    fn of(error: &(dyn Error + 'static), status: AivcStatus) -> Self {
        let status = match causes(error).find_map(|cause| cause.downcast_ref::<io::Error>()) {
            Some(cause)
                if cause
                    .get_ref()
                    .is_some_and(|inner| inner.is::<CallbackFailed>()) =>
            {
                AivcStatus::Callback
            }
            Some(_) => AivcStatus::Io,
            None => status,
        };
        let mut message = String::new();
        for cause in causes(error) {
            let text = cause.to_string();
            if message.is_empty() {
                message = text;
            } else if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
        }
        Self { status, message }
    }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// A callback that reads or writes said that it failed; travels through sessions as the cause of
/// an [`io::Error`].
#[derive(Debug)]
pub struct CallbackFailed {
    pub action: &'static str,
    pub result: i32,
}

impl fmt::Display for CallbackFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} callback returned {}", self.action, self.result)
    }
}

impl Error for CallbackFailed {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::of(&error, AivcStatus::Io)
    }
}

impl From<FrameError> for Failure {
    fn from(error: FrameError) -> Self {
        Self::of(&error, AivcStatus::InvalidArgument)
    }
}

impl From<QualityError> for Failure {
    fn from(error: QualityError) -> Self {
        Self::of(&error, AivcStatus::InvalidArgument)
    }
}

impl From<EffortError> for Failure {
    fn from(error: EffortError) -> Self {
        Self::of(&error, AivcStatus::InvalidArgument)
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        Self::of(&error, model_status(&error))
    }
}

impl From<ContainerError> for Failure {
    fn from(error: ContainerError) -> Self {
        Self::of(&error, container_status(&error))
    }
}

impl From<VideoError> for Failure {
    fn from(error: VideoError) -> Self {
        Self::of(&error, video_status(&error))
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        Self::of(&error, session_status(&error))
    }
}

impl From<EvaluationError> for Failure {
    fn from(error: EvaluationError) -> Self {
        let status = match &error {
            EvaluationError::Cancelled { .. } => AivcStatus::Cancelled,
            EvaluationError::Damaged { .. } | EvaluationError::Incomplete => AivcStatus::Damaged,
            EvaluationError::Session(error) => session_status(error),
            EvaluationError::Container(error) => container_status(error),
            EvaluationError::Video(error) => video_status(error),
            _ => AivcStatus::Evaluation,
        };
        Self::of(&error, status)
    }
}

impl From<TrainingError> for Failure {
    fn from(error: TrainingError) -> Self {
        let status = match &error {
            TrainingError::Backend(error) => model_status(error),
            _ => AivcStatus::Training,
        };
        Self::of(&error, status)
    }
}

fn model_status(error: &ModelError) -> AivcStatus {
    match error {
        ModelError::UnknownBackend { .. } | ModelError::Quality(_) => AivcStatus::InvalidArgument,
        ModelError::BackendMissing { .. } | ModelError::Color(_) => AivcStatus::Unsupported,
        ModelError::Codec(_) | ModelError::InterFrame => AivcStatus::Damaged,
        _ => AivcStatus::Model,
    }
}

fn container_status(error: &ContainerError) -> AivcStatus {
    match error {
        ContainerError::Header(HeaderError::Version { .. } | HeaderError::Profile { .. }) => {
            AivcStatus::Unsupported
        }
        ContainerError::InvalidPacket { .. } | ContainerError::IndexTooLong { .. } => {
            AivcStatus::InvalidArgument
        }
        _ => AivcStatus::Damaged,
    }
}

fn video_status(error: &VideoError) -> AivcStatus {
    match error {
        VideoError::FrameRate { .. } | VideoError::Frame(_) => AivcStatus::InvalidArgument,
        _ => AivcStatus::Video,
    }
}

fn session_status(error: &SessionError) -> AivcStatus {
    match error {
        SessionError::KeyframeInterval
        | SessionError::Quality(_)
        | SessionError::FrameFormat { .. }
        | SessionError::Frame(_) => AivcStatus::InvalidArgument,
        SessionError::OutputPending | SessionError::Finished => AivcStatus::OutOfOrder,
        SessionError::ReferenceLost { .. } | SessionError::Packet { .. } => AivcStatus::Damaged,
        SessionError::Unsupported { .. } | SessionError::Color(_) => AivcStatus::Unsupported,
        SessionError::Cancelled { .. } => AivcStatus::Cancelled,
        SessionError::Model(error) => model_status(error),
        SessionError::Container(error) => container_status(error),
        SessionError::Video(error) => video_status(error),
        _ => AivcStatus::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_callback_is_told_from_a_failed_file() {
        let callback = io::Error::other(CallbackFailed {
            action: "writing",
            result: 7,
        });
        let failure = Failure::from(SessionError::from(ContainerError::from(callback)));
        assert_eq!(failure.status, AivcStatus::Callback);
        assert!(failure.message.contains("the writing callback returned 7"));

        let file = io::Error::from(io::ErrorKind::StorageFull);
        let failure = Failure::from(SessionError::from(ContainerError::from(file)));
        assert_eq!(failure.status, AivcStatus::Io);
    }
}
