use std::io::Read;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::run::{Run, ShorterVideo};
use super::stream_frames::{SizedFrame, StreamFrames};
use super::timing::{per_second, stage_times, time_encoder};
use super::{Evaluation, EvaluationError, EvaluationNote, PerceptualMetrics, Rate, StreamReport};
use crate::metrics::{bits_per_pixel, bits_per_second};
use crate::model::{FrameRefinement, Model};
use crate::session::{ContainerReader, Quality, SessionError};
use crate::video::{VideoProperties, VideoReader};

/// Choices of an evaluation.
#[derive(Debug, Clone)]
pub struct EvaluationOptions {
    /// Compares only so many frames from the start; all of them without it.
    pub frame_limit: Option<u64>,
    /// Keeps the figures of every frame in [`Evaluation::per_frame`].
    pub per_frame: bool,
    /// Times the encoder on up to so many frames of the reference, which are held in memory.
    pub timed_encodings: usize,
    /// Measures that cost more than all others together.
    pub perceptual: PerceptualMetrics,
    /// What improves the decoded frames of a stream before they are compared. Its time is part of
    /// the decoder's.
    pub refinement: Option<Arc<dyn FrameRefinement>>,
}

impl Default for EvaluationOptions {
    /// All frames, means alone, the encoder timed on 8 frames, no perceptual metrics, no
    /// refinement.
    fn default() -> Self {
        Self {
            frame_limit: None,
            per_frame: false,
            timed_encodings: 8,
            perceptual: PerceptualMetrics::default(),
            refinement: None,
        }
    }
}

/// Decodes a stream and compares it with what it was coded from.
///
/// `bytes` is the size of the whole stream. A complete stream that is shorter than the reference
/// is compared with the reference's beginning, and a note says so. The observer is told the number
/// of frames after every one; when it breaks, the evaluation ends in
/// [`EvaluationError::Cancelled`].
///
/// # Errors
/// [`EvaluationError`].
pub fn evaluate_stream<R: Read>(
    reference: &mut dyn VideoReader,
    container: &mut ContainerReader<R>,
    bytes: u64,
    model: &Model,
    options: &EvaluationOptions,
    observer: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Evaluation, EvaluationError> {
    let properties = *reference.properties();
    let mut frames = StreamFrames::new(container, model, options.refinement.as_ref())?;
    let mut run = Run::new(reference, options, ShorterVideo::IsBeginning);
    run.compare(&mut || frames.next_frame(), observer)?;
    let StreamFrames {
        codec_seconds,
        coding,
        payload_bytes,
        qualities,
        ..
    } = frames;
    let (quality_lowest, quality_highest) = qualities.ok_or(EvaluationError::Empty)?;
    if !run.distorted_ended {
        // What comes after the frames compared does not matter, and neither does its damage.
        run.distorted_ended = matches!(frames.next_frame(), Ok(None));
    }

    let whole = run.distorted_ended;
    let first_frames = std::mem::take(&mut run.first_frames);
    run.distorted_seconds -= coding.counting_seconds;
    let files_seconds = run.distorted_seconds - codec_seconds;
    let mut evaluation = run.into_evaluation()?;
    if !whole {
        evaluation.notes.push(EvaluationNote::PayloadBytes);
    }
    evaluation.rate = Some(Rate {
        payload_bytes: Some(payload_bytes),
        container_bytes: whole.then(|| bytes.saturating_sub(payload_bytes)),
        estimated_bits: Some(coding.ideal_bits),
        ..rate(
            if whole { bytes } else { payload_bytes },
            evaluation.frames,
            &properties,
        )
    });
    evaluation.stream = Some(StreamReport {
        model: model.name().to_owned(),
        weights_hash: model.hash().to_string(),
        backend: model.backend().to_string(),
        quality_lowest,
        quality_highest,
    });
    let quality = Quality::new(quality_highest).map_err(SessionError::from)?;
    let timed = time_encoder(&first_frames, model, &properties, quality)?;
    let speed = &mut evaluation.speed;
    speed.decode_codec_frames_per_second = per_second(evaluation.frames, codec_seconds);
    speed.encode_codec_frames_per_second = per_second(timed.frames, timed.seconds);
    speed.encode_frames_timed = timed.frames;
    speed.encode_stages = stage_times(timed.frames, timed.seconds, timed.entropy_seconds, None);
    speed.decode_stages = stage_times(
        evaluation.frames,
        codec_seconds,
        coding.seconds,
        Some(files_seconds),
    );
    Ok(evaluation)
}

/// Compares the frames of a video of any codec, whose file has `bytes`.
///
/// # Errors
/// [`EvaluationError`]; [`EvaluationError::DistortedShorter`] or
/// [`EvaluationError::ReferenceShorter`] unless both have as many frames, or as many as
/// [`EvaluationOptions::frame_limit`] asks for.
pub fn evaluate_video(
    reference: &mut dyn VideoReader,
    distorted: &mut dyn VideoReader,
    bytes: u64,
    options: &EvaluationOptions,
    observer: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Evaluation, EvaluationError> {
    let properties = *reference.properties();
    let options = EvaluationOptions {
        timed_encodings: 0,
        ..options.clone()
    };
    let mut run = Run::new(reference, &options, ShorterVideo::IsError);
    let mut next = || distorted.next_frame();
    run.compare(
        &mut || {
            Ok(next()?.map(|frame| SizedFrame {
                frame,
                payload_bytes: None,
                estimated_bits: None,
            }))
        },
        observer,
    )?;
    if !run.distorted_ended {
        run.distorted_ended = matches!(next(), Ok(None));
    }
    let whole = run.distorted_ended;
    let mut evaluation = run.into_evaluation()?;
    if whole {
        evaluation.rate = Some(rate(bytes, evaluation.frames, &properties));
    } else {
        evaluation.notes.push(EvaluationNote::RateUnknown);
    }
    Ok(evaluation)
}

fn rate(bytes: u64, frames: u64, properties: &VideoProperties) -> Rate {
    Rate {
        bytes,
        payload_bytes: None,
        container_bytes: None,
        estimated_bits: None,
        bits_per_pixel: bits_per_pixel(bytes, properties.format.pixels(), frames),
        bits_per_second: bits_per_second(bytes, frames, properties.frame_rate),
    }
}
