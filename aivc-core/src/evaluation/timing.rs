use std::time::Instant;

use aivc_entropy::measure_coding;

use super::{EvaluationError, StageTimes};
use crate::frame::Frame;
use crate::model::Model;
use crate::session::{Encoder, EncoderConfig, EncoderOutput, Quality};
use crate::video::VideoProperties;

/// Frames and the seconds they took.
pub(super) struct Timed {
    pub(super) frames: u64,
    pub(super) seconds: f64,
    /// Those of them in the entropy coder.
    pub(super) entropy_seconds: f64,
}

/// Times the encoder. The first of several frames does not count: a backend prepares itself on it.
pub(super) fn time_encoder(
    frames: &[Frame],
    model: &Model,
    properties: &VideoProperties,
    quality: Quality,
) -> Result<Timed, EvaluationError> {
    let config = EncoderConfig {
        quality,
        ..EncoderConfig::default()
    };
    let mut encoder = Encoder::new(model, properties, config)?;
    let mut timed = Timed {
        frames: 0,
        seconds: 0.0,
        entropy_seconds: 0.0,
    };
    for (number, frame) in frames.iter().enumerate() {
        let begun = Instant::now();
        let (sent, coding) = measure_coding(|| encoder.send_frame(frame));
        let seconds = begun.elapsed().as_secs_f64() - coding.counting_seconds;
        sent?;
        let mut coded = false;
        while let EncoderOutput::Packet(_) = encoder.receive_packet() {
            coded = true;
        }
        // A first frame that waits for the rest of its group costs nothing yet, but counts.
        if number > 0 || frames.len() == 1 || !coded {
            timed.frames += 1;
            timed.seconds += seconds;
            timed.entropy_seconds += coding.seconds;
        }
    }
    // Frames that wait for the rest of their group are coded now.
    let begun = Instant::now();
    let (finished, coding) = measure_coding(|| encoder.finish());
    timed.seconds += begun.elapsed().as_secs_f64() - coding.counting_seconds;
    timed.entropy_seconds += coding.seconds;
    finished?;
    Ok(timed)
}

pub(super) fn per_second(frames: u64, seconds: f64) -> Option<f64> {
    (frames > 0 && seconds > 0.0).then(|| frames as f64 / seconds)
}

/// Milliseconds a frame of what took so many seconds over all frames; `entropy` is a part of `codec`.
pub(super) fn stage_times(
    frames: u64,
    codec: f64,
    entropy: f64,
    files: Option<f64>,
) -> Option<StageTimes> {
    let milliseconds = |seconds: f64| 1000.0 * seconds.max(0.0) / frames as f64;
    (frames > 0).then(|| StageTimes {
        transform_ms: milliseconds(codec - entropy),
        entropy_ms: milliseconds(entropy),
        files_ms: files.map(milliseconds),
    })
}
