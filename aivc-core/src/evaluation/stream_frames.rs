use std::io::Read;
use std::sync::Arc;
use std::time::Instant;

use aivc_entropy::{CodingFigures, measure_coding};

use super::EvaluationError;
use crate::frame::Frame;
use crate::model::{FrameRefinement, Model};
use crate::session::{
    ContainerError, ContainerReader, Decoder, DecoderOutput, IndexStatus, SessionError,
};

/// The frames of a sound stream, with what they cost.
pub(super) struct StreamFrames<'a, R> {
    container: &'a mut ContainerReader<R>,
    decoder: Decoder,
    /// Seconds in the codec, the entropy coder included.
    pub(super) codec_seconds: f64,
    /// What the entropy coder did.
    pub(super) coding: CodingFigures,
    pub(super) payload_bytes: u64,
    pub(super) qualities: Option<(u8, u8)>,
}

/// A frame and the bytes and ideal bits of its payload, of `.aivc` streams.
pub(super) struct SizedFrame {
    pub(super) frame: Frame,
    pub(super) payload_bytes: Option<u64>,
    pub(super) estimated_bits: Option<f64>,
}

impl<'a, R: Read> StreamFrames<'a, R> {
    pub(super) fn new(
        container: &'a mut ContainerReader<R>,
        model: &Model,
        refinement: Option<&Arc<dyn FrameRefinement>>,
    ) -> Result<Self, EvaluationError> {
        let decoder = Decoder::new(model, container.header())?;
        Ok(Self {
            decoder: match refinement {
                Some(refinement) => decoder.with_refinement(Arc::clone(refinement))?,
                None => decoder,
            },
            container,
            codec_seconds: 0.0,
            coding: CodingFigures::default(),
            payload_bytes: 0,
            qualities: None,
        })
    }

    pub(super) fn next_frame(&mut self) -> Result<Option<SizedFrame>, EvaluationError> {
        let (mut payload_bytes, mut estimated_bits) = (0, 0.0);
        loop {
            if let DecoderOutput::Frame(frame) = self.decoder.receive_frame() {
                return Ok(Some(SizedFrame {
                    frame,
                    payload_bytes: Some(payload_bytes),
                    estimated_bits: Some(estimated_bits),
                }));
            }
            let packet = match self.container.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) if self.container.index_status() == IndexStatus::Complete => {
                    return Ok(None);
                }
                Ok(None) => return Err(EvaluationError::Incomplete),
                Err(error @ ContainerError::DamagedPacket { .. }) => {
                    return Err(EvaluationError::Damaged {
                        source: error.into(),
                    });
                }
                Err(error) => return Err(error.into()),
            };
            payload_bytes += packet.payload.len() as u64;
            self.payload_bytes += packet.payload.len() as u64;
            let (lowest, highest) = self.qualities.unwrap_or((packet.quality, packet.quality));
            self.qualities = Some((lowest.min(packet.quality), highest.max(packet.quality)));
            let begun = Instant::now();
            let (sent, coding) = measure_coding(|| self.decoder.send_packet(&packet));
            self.codec_seconds += begun.elapsed().as_secs_f64() - coding.counting_seconds;
            self.coding = self.coding.plus(coding);
            estimated_bits += coding.ideal_bits;
            sent.map_err(|error| match error {
                SessionError::Packet { .. } | SessionError::ReferenceLost { .. } => {
                    EvaluationError::Damaged { source: error }
                }
                error => error.into(),
            })?;
        }
    }
}
