use std::ops::ControlFlow;
use std::time::Instant;

use super::comparison::Comparison;
use super::stream_frames::SizedFrame;
use super::timing::per_second;
use super::{ClipFormat, Evaluation, EvaluationError, EvaluationNote, EvaluationOptions, Speed};
use crate::frame::Frame;
use crate::video::VideoReader;

/// What it means that the distorted video ends before the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ShorterVideo {
    /// It is the coded beginning of the reference.
    IsBeginning,
    /// Something is wrong.
    IsError,
}

/// An evaluation that is going on.
pub(super) struct Run<'a> {
    reference: &'a mut dyn VideoReader,
    options: EvaluationOptions,
    shorter: ShorterVideo,
    comparison: Comparison,
    /// Seconds that the distorted frames took to come, decoding included.
    pub(super) distorted_seconds: f64,
    reference_frames: Option<u64>,
    /// The first frames of the reference, to time the encoder on.
    pub(super) first_frames: Vec<Frame>,
    /// Whether the distorted video has no frames but those compared.
    pub(super) distorted_ended: bool,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        reference: &'a mut dyn VideoReader,
        options: &EvaluationOptions,
        shorter: ShorterVideo,
    ) -> Self {
        let properties = reference.properties();
        Self {
            comparison: Comparison::new(
                properties.format,
                options.per_frame,
                options.perceptual.clone(),
            ),
            reference_frames: properties.frame_count,
            reference,
            options: options.clone(),
            shorter,
            distorted_seconds: 0.0,
            first_frames: Vec::new(),
            distorted_ended: false,
        }
    }

    /// Compares up to the limit, or the end of both.
    pub(super) fn compare(
        &mut self,
        next: &mut dyn FnMut() -> Result<Option<SizedFrame>, EvaluationError>,
        observer: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<(), EvaluationError> {
        while self
            .options
            .frame_limit
            .is_none_or(|limit| self.comparison.frames() < limit)
        {
            let begun = Instant::now();
            let distorted = next()?;
            self.distorted_seconds += begun.elapsed().as_secs_f64();
            let frames = self.comparison.frames();
            match (self.reference.next_frame()?, distorted) {
                (Some(reference), Some(distorted)) => {
                    self.comparison.add(&reference, distorted)?;
                    if self.first_frames.len() < self.options.timed_encodings {
                        self.first_frames.push(reference);
                    }
                }
                (None, None) => {
                    self.distorted_ended = true;
                    self.reference_frames = Some(frames);
                    return Ok(());
                }
                (None, Some(_)) => return Err(EvaluationError::ReferenceShorter { frames }),
                (Some(_), None) if self.shorter == ShorterVideo::IsError => {
                    return Err(EvaluationError::DistortedShorter { frames });
                }
                (Some(_), None) => {
                    self.distorted_ended = true;
                    return self.note_prefix();
                }
            }
            if observer(self.comparison.frames()).is_break() {
                return Err(EvaluationError::Cancelled {
                    frames: self.comparison.frames(),
                });
            }
        }
        Ok(())
    }

    fn note_prefix(&mut self) -> Result<(), EvaluationError> {
        let distorted = self.comparison.frames();
        let reference = match self.reference_frames {
            Some(frames) => frames,
            None => {
                let mut frames = distorted + 1;
                while self.reference.next_frame()?.is_some() {
                    frames += 1;
                }
                frames
            }
        };
        self.reference_frames = Some(reference);
        self.comparison.notes.push(EvaluationNote::Prefix {
            distorted,
            reference,
        });
        Ok(())
    }

    /// The report, without a rate.
    pub(super) fn into_evaluation(self) -> Result<Evaluation, EvaluationError> {
        let frames = self.comparison.frames();
        let properties = self.reference.properties();
        Ok(Evaluation {
            frames,
            reference_frames: self.reference_frames,
            distorted_frames: self.distorted_ended.then_some(frames),
            format: ClipFormat::new(properties.format, properties.frame_rate.as_f64()),
            stream: None,
            rate: None,
            quality: self.comparison.quality()?,
            speed: Speed {
                decode_frames_per_second: per_second(frames, self.distorted_seconds),
                ..Speed::default()
            },
            notes: self.comparison.notes,
            per_frame: self.comparison.per_frame,
        })
    }
}
