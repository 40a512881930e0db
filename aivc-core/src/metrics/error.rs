use crate::color::ColorError;
use crate::frame::{Frame, FrameFormat};

/// Why two frames cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetricError {
    /// They differ in size, pixel format or bit depth.
    #[error("a frame of {distorted} cannot be compared with a reference of {reference}")]
    FormatMismatch {
        /// Format of the reference.
        reference: FrameFormat,
        /// Format of the other frame.
        distorted: FrameFormat,
    },
    /// They cannot be converted to RGB, which some measures look at.
    #[error(transparent)]
    Color(#[from] ColorError),
}

pub(super) fn check_formats(reference: &Frame, distorted: &Frame) -> Result<(), MetricError> {
    if reference.format() == distorted.format() {
        return Ok(());
    }
    Err(MetricError::FormatMismatch {
        reference: reference.format(),
        distorted: distorted.format(),
    })
}
