use crate::frame::{ColorDescription, FrameFormat};

use super::Rational;

/// What is the same for all frames of a video.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VideoProperties {
    /// Size, planes and bit depth of every frame.
    pub format: FrameFormat,
    /// What the samples mean as colours.
    pub color: ColorDescription,
    /// Frames per second.
    pub frame_rate: Rational,
    /// Number of frames where the source says it without being read to its end. A damaged or
    /// growing file can hold another number.
    pub frame_count: Option<u64>,
}

impl VideoProperties {
    /// Properties with an unspecified colour description and frame count.
    #[must_use]
    pub fn new(format: FrameFormat, frame_rate: Rational) -> Self {
        Self {
            format,
            color: ColorDescription::UNSPECIFIED,
            frame_rate,
            frame_count: None,
        }
    }

    /// Seconds in a tick of [`Frame::pts`](crate::frame::Frame::pts): the duration of a frame, so
    /// that presentation times are frame numbers.
    #[must_use]
    pub fn time_base(&self) -> Rational {
        self.frame_rate.inverse()
    }
}
