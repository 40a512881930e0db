use std::io::Write;
use std::ops::ControlFlow;
use std::time::Instant;

use aivc_entropy::ContainerWriter;

use super::{Encoder, EncoderConfig, EncoderOutput, Progress, SessionError};
use crate::model::Model;
use crate::video::VideoReader;

/// What [`encode_video`] did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EncodeSummary {
    /// Frames coded.
    pub frames: u64,
    /// Bytes of the whole stream: header, packets, index.
    pub bytes: u64,
    /// Seconds in the codec, without reading video and writing the stream.
    pub codec_seconds: f64,
    /// Seconds of video.
    pub duration_seconds: f64,
}

/// Codes a video, or its first `frame_limit` frames, into a container.
///
/// The observer is asked after every frame that is read or coded; when it breaks, coding ends in
/// [`SessionError::Cancelled`], and what was written is a stream without an index.
///
/// # Errors
/// [`SessionError`].
pub fn encode_video<W: Write>(
    reader: &mut dyn VideoReader,
    sink: W,
    model: &Model,
    config: EncoderConfig,
    frame_limit: Option<u64>,
    observer: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<EncodeSummary, SessionError> {
    let properties = *reader.properties();
    let limit = frame_limit.unwrap_or(u64::MAX);
    let mut encoder = Encoder::new(model, &properties, config)?;
    let sink = CountingSink {
        inner: sink,
        bytes: 0,
    };
    let mut container = ContainerWriter::new(sink, encoder.header())?;
    let mut progress = Progress {
        frames: 0,
        frames_expected: properties
            .frame_count
            .map(|count| count.min(limit))
            .or(frame_limit),
        bytes: container.bytes_written(),
        codec_seconds: 0.0,
    };
    let (mut sent, mut ended) = (0, false);
    loop {
        ended |= sent == limit;
        let frame = if ended { None } else { reader.next_frame()? };
        ended = frame.is_none();
        let begun = Instant::now();
        match &frame {
            Some(frame) => encoder.send_frame(frame)?,
            // One by one, for the observer's sake.
            None if encoder.code_waiting()? => (),
            None => encoder.finish()?,
        }
        progress.codec_seconds += begun.elapsed().as_secs_f64();
        sent += u64::from(frame.is_some());
        let packets = write_packets(&mut encoder, &mut container)?;
        if ended && packets == 0 {
            break;
        }
        progress.frames += packets;
        progress.bytes = container.bytes_written();
        if observer(&progress).is_break() {
            return Err(SessionError::Cancelled {
                frames: progress.frames,
            });
        }
    }
    let sink = container.finish()?;
    Ok(EncodeSummary {
        frames: progress.frames,
        bytes: sink.bytes,
        codec_seconds: progress.codec_seconds,
        duration_seconds: progress.frames as f64 / properties.frame_rate.as_f64(),
    })
}

/// Writes what the encoder has, and tells how many packets that were.
fn write_packets<W: Write>(
    encoder: &mut Encoder,
    container: &mut ContainerWriter<W>,
) -> Result<u64, SessionError> {
    let mut packets = 0;
    while let EncoderOutput::Packet(packet) = encoder.receive_packet() {
        container.write_packet(&packet)?;
        packets += 1;
    }
    Ok(packets)
}

struct CountingSink<W> {
    inner: W,
    bytes: u64,
}

impl<W: Write> Write for CountingSink<W> {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}
