use std::io::Read;
use std::ops::ControlFlow;
use std::time::Instant;

use aivc_entropy::{ContainerError, ContainerReader, IndexStatus, Packet};

use super::{Decoder, DecoderOutput, Progress, SessionError};
use crate::color::from_rgb_f32;
use crate::frame::Frame;
use crate::model::Model;

/// A stretch of a stream that could not be decoded.
#[derive(Debug)]
pub struct LostFrames {
    /// What was wrong; it names the packet.
    pub error: SessionError,
}

/// What [`decode_video`] did.
#[derive(Debug)]
pub struct DecodeSummary {
    /// Frames given out, those that stand for lost ones included.
    pub frames: u64,
    /// Frames that were lost and replaced by a repetition of the one before.
    pub repeated: u64,
    /// Bytes of all payloads.
    pub payload_bytes: u64,
    /// Seconds in the codec, without reading the stream and writing video.
    pub codec_seconds: f64,
    /// What was damaged; empty for a sound stream.
    pub lost: Vec<LostFrames>,
    /// What became of the index at the stream's end.
    pub index: IndexStatus,
}

/// What decoding does about a damaged packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DamageResponse {
    /// Repeats the frame before, and goes on.
    Repeat,
    /// Ends with the packet's error.
    Stop,
}

/// Decodes a container, handing every frame to `sink`.
///
/// Damage is contained: what a damaged packet held is replaced by repetitions of the frame before
/// (black, if there is none), so that the video keeps its length as far as presentation times tell
/// it, and the errors are in the summary. The observer is asked after every packet; when it
/// breaks, decoding ends in [`SessionError::Cancelled`].
///
/// # Errors
/// [`SessionError`], if the stream cannot be read at all, the model is the wrong one, or `sink`
/// fails.
pub fn decode_video<R: Read>(
    container: &mut ContainerReader<R>,
    model: &Model,
    sink: &mut dyn FnMut(&Frame) -> Result<(), SessionError>,
    observer: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<DecodeSummary, SessionError> {
    decode_video_with(container, model, DamageResponse::Repeat, sink, observer)
}

/// [`decode_video`] with a choice of what to do about damage.
///
/// # Errors
/// As [`decode_video`], and the first damage with [`DamageResponse::Stop`].
pub fn decode_video_with<R: Read>(
    container: &mut ContainerReader<R>,
    model: &Model,
    damage: DamageResponse,
    sink: &mut dyn FnMut(&Frame) -> Result<(), SessionError>,
    observer: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<DecodeSummary, SessionError> {
    let mut run = DecodeRun {
        decoder: Decoder::new(model, container.header())?,
        sink,
        last: None,
        summary: DecodeSummary {
            frames: 0,
            repeated: 0,
            payload_bytes: 0,
            codec_seconds: 0.0,
            lost: Vec::new(),
            index: container.index_status(),
        },
    };
    loop {
        match container.next_packet() {
            Ok(Some(packet)) => run.packet(&packet)?,
            Ok(None) => break,
            Err(error @ ContainerError::DamagedPacket { .. }) => {
                run.decoder.packet_lost();
                run.summary.lost.push(LostFrames { error: error.into() });
            }
            Err(error) => return Err(error.into()),
        }
        if damage == DamageResponse::Stop && let Some(lost) = run.summary.lost.pop() {
            return Err(lost.error);
        }
        let summary = &run.summary;
        let progress = Progress {
            frames: summary.frames,
            frames_expected: None,
            bytes: summary.payload_bytes,
            codec_seconds: summary.codec_seconds,
        };
        if observer(&progress).is_break() {
            return Err(SessionError::Cancelled { frames: summary.frames });
        }
    }
    run.summary.index = container.index_status();
    Ok(run.summary)
}

struct DecodeRun<'a> {
    decoder: Decoder,
    sink: &'a mut dyn FnMut(&Frame) -> Result<(), SessionError>,
    last: Option<Frame>,
    summary: DecodeSummary,
}

impl DecodeRun<'_> {
    fn packet(&mut self, packet: &Packet) -> Result<(), SessionError> {
        self.summary.payload_bytes += packet.payload.len() as u64;
        let begun = Instant::now();
        let sent = self.decoder.send_packet(packet);
        self.summary.codec_seconds += begun.elapsed().as_secs_f64();
        match sent {
            Ok(()) => {}
            Err(error @ (SessionError::Packet { .. } | SessionError::ReferenceLost { .. } | SessionError::Quality(_))) => {
                self.summary.lost.push(LostFrames { error });
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        while let DecoderOutput::Frame(frame) = self.decoder.receive_frame() {
            if !self.summary.lost.is_empty() {
                self.fill_up_to(frame.pts())?;
            }
            self.give_out(frame)?;
        }
        Ok(())
    }

    /// Repeats the last frame for presentation times that were lost.
    fn fill_up_to(&mut self, pts: i64) -> Result<(), SessionError> {
        // A lost packet is a frame at most: times that were never there are not filled.
        let limit = self.summary.lost.len() as u64;
        let mut frame = match &self.last {
            Some(frame) => frame.clone(),
            None => self.black()?.with_pts(-1),
        };
        while frame.pts().saturating_add(1) < pts && self.summary.repeated < limit {
            frame = frame.clone().with_pts(frame.pts() + 1);
            self.summary.repeated += 1;
            self.give_out(frame.clone())?;
        }
        Ok(())
    }

    fn black(&self) -> Result<Frame, SessionError> {
        let properties = self.decoder.properties();
        let values = vec![0.0; 3 * properties.format.pixels()];
        Ok(from_rgb_f32(&values, properties.format, properties.color)?)
    }

    fn give_out(&mut self, frame: Frame) -> Result<(), SessionError> {
        (self.sink)(&frame)?;
        self.summary.frames += 1;
        self.last = Some(frame);
        Ok(())
    }
}
