use super::adapt::to_format_of;
use super::perceptual::{PerceptualScores, SampledMean};
use super::stream_frames::SizedFrame;
use super::{EvaluationError, EvaluationNote, FrameEvaluation, PerceptualMetrics, QualityReport};
use crate::frame::{Frame, FrameFormat, PixelFormat};
use crate::metrics::ClipQuality;

/// Compares pairs of frames, one after the other.
pub(super) struct Comparison {
    clip: ClipQuality,
    pixel_format: PixelFormat,
    keep_frames: bool,
    perceptual: PerceptualMetrics,
    ssimulacra2: SampledMean,
    lpips: SampledMean,
    pub(super) per_frame: Vec<FrameEvaluation>,
    pub(super) notes: Vec<EvaluationNote>,
}

impl Comparison {
    pub(super) fn new(
        reference: FrameFormat,
        keep_frames: bool,
        perceptual: PerceptualMetrics,
    ) -> Self {
        Self {
            clip: ClipQuality::new(),
            pixel_format: reference.pixel_format(),
            keep_frames,
            perceptual,
            ssimulacra2: SampledMean::default(),
            lpips: SampledMean::default(),
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
        distorted: SizedFrame,
    ) -> Result<(), EvaluationError> {
        let SizedFrame {
            frame: distorted,
            payload_bytes,
            estimated_bits,
        } = distorted;
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
        let number = self.frames();
        let perceptual = self.perceptual.of_frame(number, reference, &distorted)?;
        let quality = self.clip.add(reference, &distorted)?;
        self.ssimulacra2.add(perceptual.ssimulacra2);
        self.lpips.add(perceptual.lpips);
        if self.keep_frames {
            self.per_frame.push(FrameEvaluation {
                frame: number,
                payload_bytes,
                estimated_bits,
                quality: QualityReport::new(&quality, perceptual, self.pixel_format),
            });
        }
        Ok(())
    }

    pub(super) fn quality(&self) -> Result<QualityReport, EvaluationError> {
        let mean = self.clip.mean().ok_or(EvaluationError::Empty)?;
        let perceptual = PerceptualScores {
            ssimulacra2: self.ssimulacra2.mean(),
            lpips: self.lpips.mean(),
        };
        Ok(QualityReport::new(&mean, perceptual, self.pixel_format))
    }
}
