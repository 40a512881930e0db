use super::adapt::to_format_of;
use super::{EvaluationError, EvaluationNote, FrameEvaluation, QualityReport};
use crate::frame::{Frame, FrameFormat, PixelFormat};
use crate::metrics::ClipQuality;

/// Compares pairs of frames, one after the other.
pub(super) struct Comparison {
    clip: ClipQuality,
    pixel_format: PixelFormat,
    keep_frames: bool,
    pub(super) per_frame: Vec<FrameEvaluation>,
    pub(super) notes: Vec<EvaluationNote>,
}

impl Comparison {
    pub(super) fn new(reference: FrameFormat, keep_frames: bool) -> Self {
        Self {
            clip: ClipQuality::new(),
            pixel_format: reference.pixel_format(),
            keep_frames,
            per_frame: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub(super) fn frames(&self) -> u64 {
        self.clip.frames()
    }

    pub(super) fn add(
        &mut self,
        reference: &Frame,
        distorted: Frame,
        payload_bytes: Option<u64>,
    ) -> Result<(), EvaluationError> {
        let (to, from) = (reference.format(), distorted.format());
        if (to.width(), to.height()) != (from.width(), from.height()) {
            return Err(EvaluationError::Size {
                reference: to,
                distorted: from,
            });
        }
        if self.frames() == 0 {
            if from != to {
                self.notes.push(EvaluationNote::Converted { from, to });
            } else if to.pixel_format() == PixelFormat::Yuv420
                && distorted.color().range != reference.color().range
            {
                self.notes.push(EvaluationNote::ConvertedRange);
            }
        }
        let distorted = to_format_of(reference, distorted)?;
        let quality = self.clip.add(reference, &distorted)?;
        if self.keep_frames {
            self.per_frame.push(FrameEvaluation {
                frame: self.clip.frames() - 1,
                payload_bytes,
                quality: QualityReport::new(&quality, self.pixel_format),
            });
        }
        Ok(())
    }

    pub(super) fn quality(&self) -> Result<QualityReport, EvaluationError> {
        let mean = self.clip.mean().ok_or(EvaluationError::Empty)?;
        Ok(QualityReport::new(&mean, self.pixel_format))
    }
}
