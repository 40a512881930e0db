use std::io::Read;
use std::ops::ControlFlow;
use std::time::Instant;

use aivc_entropy::{ContainerError, ContainerReader, IndexStatus, Packet};

use super::{Decoder, DecoderOutput, Progress, SessionError};
use crate::color::from_rgb_f32;
use crate::frame::Frame;
use crate::model::Model;

/// Frames that stand for those of one damaged stretch, at most. Presentation times say how many
/// were lost, and one that was made to mislead must not fill a disk.
const REPETITION_LIMIT: i64 = 1000;

/// Errors that a summary keeps, at most: a stream of nothing but damage must not fill the memory.
const LOST_LIMIT: usize = 1000;

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
    /// Damaged stretches: packets, as far as they can be told apart.
    pub damaged: u64,
    /// What was damaged, the first 1000 of them; empty for a sound stream.
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
/// (black, if there is none), and the errors are in the summary. How many frames were lost is told
/// by the presentation times around the damage. Where these are missing, at the start and the end,
/// each damaged stretch counts as one frame, and at the end only if the index is whole: without it
/// nobody knows whether the damage was a packet. A stream that was cut off is as long as what is
/// left of it. Packets that are missing without a trace are not noticed here, other than in the
/// summary's [`index`](DecodeSummary::index).
///
/// The observer is asked after every packet; when it breaks, decoding ends in
/// [`SessionError::Cancelled`].
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
    let decoder = Decoder::new(model, container.header())?;
    decode_video_by(container, decoder, damage, sink, observer)
}

/// [`decode_video_with`] by a decoder of one's own, such as one with a
/// [refinement](Decoder::with_refinement). It must be a fresh one for the container's header.
///
/// # Errors
/// As [`decode_video_with`].
pub fn decode_video_by<R: Read>(
    container: &mut ContainerReader<R>,
    decoder: Decoder,
    damage: DamageResponse,
    sink: &mut dyn FnMut(&Frame) -> Result<(), SessionError>,
    observer: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<DecodeSummary, SessionError> {
    let mut run = DecodeRun {
        decoder,
        response: damage,
        sink,
        last: None,
        unplaced: 0,
        summary: DecodeSummary {
            frames: 0,
            repeated: 0,
            payload_bytes: 0,
            codec_seconds: 0.0,
            damaged: 0,
            lost: Vec::new(),
            index: container.index_status(),
        },
    };
    loop {
        match container.next_packet() {
            Ok(Some(packet)) => run.packet(&packet)?,
            Ok(None) => break,
            Err(error @ ContainerError::DamagedPacket { .. }) => run.unreadable(error)?,
            Err(error) => return Err(error.into()),
        }
        let summary = &run.summary;
        let progress = Progress {
            frames: summary.frames,
            frames_expected: None,
            bytes: summary.payload_bytes,
            codec_seconds: summary.codec_seconds,
        };
        if observer(&progress).is_break() {
            return Err(SessionError::Cancelled {
                frames: summary.frames,
            });
        }
    }
    run.finish(container.index_status())
}

struct DecodeRun<'a> {
    decoder: Decoder,
    response: DamageResponse,
    sink: &'a mut dyn FnMut(&Frame) -> Result<(), SessionError>,
    last: Option<Frame>,
    /// Damaged stretches since the last packet whose presentation time is known.
    unplaced: i64,
    summary: DecodeSummary,
}

impl DecodeRun<'_> {
    fn packet(&mut self, packet: &Packet) -> Result<(), SessionError> {
        self.summary.payload_bytes += packet.payload.len() as u64;
        let begun = Instant::now();
        let sent = self.decoder.send_packet(packet);
        self.summary.codec_seconds += begun.elapsed().as_secs_f64();
        match sent {
            Ok(()) => self.fill_up_to(packet.presentation_ticks)?,
            Err(error @ (SessionError::Packet { .. } | SessionError::ReferenceLost { .. })) => {
                self.lose(error)?;
                self.fill_up_to(packet.presentation_ticks)?;
                self.repeat(packet.presentation_ticks)?;
            }
            Err(error) => return Err(error),
        }
        self.receive()
    }

    fn receive(&mut self) -> Result<(), SessionError> {
        while let DecoderOutput::Frame(frame) = self.decoder.receive_frame() {
            self.give_out(frame)?;
        }
        Ok(())
    }

    /// A stretch in which the container found no packet.
    fn unreadable(&mut self, error: ContainerError) -> Result<(), SessionError> {
        self.decoder.packet_lost();
        self.unplaced += 1;
        self.lose(error.into())
    }

    fn lose(&mut self, error: SessionError) -> Result<(), SessionError> {
        if self.response == DamageResponse::Stop {
            return Err(error);
        }
        self.summary.damaged += 1;
        if self.summary.lost.len() < LOST_LIMIT {
            self.summary.lost.push(LostFrames { error });
        }
        Ok(())
    }

    /// Repeats the last frame for the presentation times before `pts` that a damaged stretch
    /// covers. Times that were never there are not filled.
    fn fill_up_to(&mut self, pts: i64) -> Result<(), SessionError> {
        let unplaced = std::mem::take(&mut self.unplaced);
        if unplaced == 0 {
            return Ok(());
        }
        let first = match &self.last {
            Some(frame) => frame.pts().saturating_add(1),
            None => pts.saturating_sub(unplaced).max(0),
        };
        let end = pts.min(first.saturating_add(REPETITION_LIMIT));
        (first..end).try_for_each(|pts| self.repeat(pts))
    }

    fn finish(mut self, index: IndexStatus) -> Result<DecodeSummary, SessionError> {
        self.decoder.finish();
        self.receive()?;
        self.summary.index = index;
        if index == IndexStatus::Complete {
            let first = self
                .last
                .as_ref()
                .map_or(0, |frame| frame.pts().saturating_add(1));
            let end = first.saturating_add(self.unplaced.min(REPETITION_LIMIT));
            (first..end).try_for_each(|pts| self.repeat(pts))?;
        }
        Ok(self.summary)
    }

    /// The last frame once more, or black before the first one.
    fn repeat(&mut self, pts: i64) -> Result<(), SessionError> {
        let frame = match self.last.take() {
            Some(frame) => frame,
            None => self.black()?,
        };
        self.summary.repeated += 1;
        self.give_out(frame.with_pts(pts))
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
