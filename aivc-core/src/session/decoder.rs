use std::sync::Arc;

use aivc_entropy::{FrameType, Packet, StreamHeader};
use aivc_models::layers::Quality;
use aivc_models::weights::WeightsHash;

use super::stream_properties::{check_color, enlarged_format};
use super::{SessionError, properties_of_stream};
use crate::frame::{Frame, FrameFormat};
use crate::model::{DecodedFrame, FrameRefinement, Model, ModelError, Reference, ShownSize};
use crate::video::VideoProperties;

/// What [`Decoder::receive_frame`] has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecoderOutput {
    /// A frame, in presentation order.
    Frame(Frame),
    /// Nothing until another packet is sent.
    NeedPacket,
    /// Nothing any more.
    Finished,
}

/// Decodes the packets of one stream.
///
/// A packet that cannot be decoded is an error for that packet; the session goes on. Inter frames
/// are refused from there on until the next keyframe.
#[derive(Debug)]
pub struct Decoder {
    model: Model,
    coded: FrameFormat,
    /// Of the frames that are given out.
    properties: VideoProperties,
    header: StreamHeader,
    reference: Option<Reference>,
    refinement: Option<Arc<dyn FrameRefinement>>,
    packets: u64,
    output: Option<Frame>,
    finished: bool,
}

impl Decoder {
    /// Starts to decode a stream with this header.
    ///
    /// # Errors
    /// [`ModelError::OtherWeights`] if it was coded with other weights,
    /// [`SessionError::Unsupported`], [`SessionError::Frame`] and [`SessionError::Color`] for frames
    /// that this version cannot make.
    pub fn new(model: &Model, header: &StreamHeader) -> Result<Self, SessionError> {
        let needed = WeightsHash::from_bytes(header.weights_hash);
        if needed != model.hash() {
            return Err(ModelError::OtherWeights {
                needed,
                given: model.hash(),
            }
            .into());
        }
        let properties = properties_of_stream(header)?;
        check_color(&properties)?;
        Ok(Self {
            model: model.clone(),
            coded: properties.format,
            properties,
            header: header.clone(),
            reference: None,
            refinement: None,
            packets: 0,
            output: None,
            finished: false,
        })
    }

    /// The decoder with something that improves its frames on their way out, and may enlarge them:
    /// to the display size of a stream that was coded at half of it, to twice the size of others.
    ///
    /// # Errors
    /// [`SessionError::Frame`] if no frame can be that large.
    pub fn with_refinement(
        mut self,
        refinement: Arc<dyn FrameRefinement>,
    ) -> Result<Self, SessionError> {
        self.properties.format = match refinement.shown_size() {
            ShownSize::AsDecoded => self.coded,
            ShownSize::Twice => enlarged_format(&self.header, self.coded)?,
        };
        self.refinement = Some(refinement);
        Ok(self)
    }

    /// What the frames will be like. Those of a stream that was coded at half of its display size
    /// have that half, unless a refinement enlarges them.
    pub fn properties(&self) -> &VideoProperties {
        &self.properties
    }

    /// Tells that packets are missing before the next one, so that it is not predicted from the
    /// wrong frame.
    pub fn packet_lost(&mut self) {
        self.packets += 1;
        self.reference = None;
    }

    /// Decodes a packet. Its frame is to be received before the next one is sent.
    ///
    /// # Errors
    /// [`SessionError::Packet`] if it is damaged, [`SessionError::ReferenceLost`] if something
    /// before it was; the next packet can be sent then. [`SessionError::OutputPending`] and
    /// [`SessionError::Finished`].
    pub fn send_packet(&mut self, packet: &Packet) -> Result<(), SessionError> {
        if self.finished {
            return Err(SessionError::Finished);
        }
        if self.output.is_some() {
            return Err(SessionError::OutputPending);
        }
        let number = self.packets;
        self.packets += 1;
        // Gone until this packet is decoded: the next one must not be predicted from a frame that is
        // older than its encoder's.
        let reference = self.reference.take();
        let damaged = |source| SessionError::Packet {
            packet: number,
            source,
        };
        let quality = Quality::new(packet.quality).map_err(|error| damaged(error.into()))?;
        let inter = packet.frame_type != FrameType::Key;
        let codec = self.model.frame_codec();
        if inter && codec.predicts() && reference.is_none() {
            return Err(SessionError::ReferenceLost { packet: number });
        }
        let DecodedFrame { frame, reference } = codec
            .decode(
                &packet.payload,
                packet.frame_type,
                reference.as_ref(),
                quality,
                self.coded,
                self.properties.color,
            )
            .map_err(damaged)?;
        self.reference = reference;
        let frame = match &self.refinement {
            Some(refinement) => {
                let shown = self.properties.format;
                refinement.refine(&frame, quality, shown).map_err(damaged)?
            }
            None => frame,
        };
        self.output = Some(frame.with_pts(packet.presentation_ticks));
        Ok(())
    }

    /// Declares that no packet follows.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// The next frame, if there is one.
    pub fn receive_frame(&mut self) -> DecoderOutput {
        match self.output.take() {
            Some(frame) => DecoderOutput::Frame(frame),
            None if self.finished => DecoderOutput::Finished,
            None => DecoderOutput::NeedPacket,
        }
    }
}
