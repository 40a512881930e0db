use aivc_entropy::{ContainerError, FrameType, Packet, StreamHeader};
use aivc_models::layers::Quality;

use super::stream_properties::check_color;
use super::{SessionError, stream_header};
use crate::frame::Frame;
use crate::model::{CodedFrame, Model, Reference};
use crate::video::VideoProperties;

/// Parameters of an [`Encoder`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncoderConfig {
    /// Quality level.
    pub quality: Quality,
    /// Most frames from one keyframe to the next, for models that predict; others code keyframes
    /// only.
    pub keyframe_interval: u32,
}

impl Default for EncoderConfig {
    /// Quality 32, a keyframe every 32 frames.
    fn default() -> Self {
        Self {
            quality: Quality::new(32).expect("in range"),
            keyframe_interval: 32,
        }
    }
}

/// What [`Encoder::receive_packet`] has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EncoderOutput {
    /// A packet, in coding order.
    Packet(Packet),
    /// Nothing until another frame is sent.
    NeedFrame,
    /// Nothing any more.
    Finished,
}

/// Codes the frames of one video.
///
/// ```
/// use aivc_core::frame::{BitDepth, Frame, FrameFormat, PixelFormat, Samples};
/// use aivc_core::model::Model;
/// use aivc_core::session::{Decoder, DecoderOutput, Encoder, EncoderConfig, EncoderOutput};
/// use aivc_core::video::{Rational, VideoProperties};
///
/// let format = FrameFormat::new(32, 16, PixelFormat::Yuv420, BitDepth::Eight)?;
/// let grey = |count| Samples::filled(BitDepth::Eight, 128, count);
/// let frame = Frame::new(format, [grey(512), grey(128), grey(128)])?;
///
/// let model = Model::default_model()?;
/// let properties = VideoProperties::new(format, Rational::new(25, 1)?);
/// let mut encoder = Encoder::new(&model, &properties, EncoderConfig::default())?;
/// let mut decoder = Decoder::new(&model, encoder.header())?;
///
/// encoder.send_frame(&frame)?;
/// let EncoderOutput::Packet(packet) = encoder.receive_packet() else { unreachable!() };
/// decoder.send_packet(&packet)?;
/// let DecoderOutput::Frame(decoded) = decoder.receive_frame() else { unreachable!() };
/// assert_eq!(decoded.format(), format);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Encoder {
    model: Model,
    header: StreamHeader,
    properties: VideoProperties,
    config: EncoderConfig,
    /// What the decoder saw last, of models that predict: all that a stream carries along.
    reference: Option<Reference>,
    frames_since_keyframe: u32,
    frames: u64,
    output: Option<Packet>,
    finished: bool,
}

impl Encoder {
    /// Starts a stream of frames with these properties.
    ///
    /// # Errors
    /// [`SessionError::KeyframeInterval`]; [`SessionError::Color`] and [`SessionError::Container`]
    /// for frames that no stream can hold.
    pub fn new(
        model: &Model,
        properties: &VideoProperties,
        config: EncoderConfig,
    ) -> Result<Self, SessionError> {
        if config.keyframe_interval == 0 {
            return Err(SessionError::KeyframeInterval);
        }
        check_color(properties)?;
        let interval = if model.frame_codec().predicts() {
            config.keyframe_interval
        } else {
            1
        };
        let header = stream_header(model, properties, interval);
        header.validate().map_err(ContainerError::from)?;
        Ok(Self {
            model: model.clone(),
            header,
            properties: *properties,
            config: EncoderConfig {
                keyframe_interval: interval,
                ..config
            },
            reference: None,
            frames_since_keyframe: 0,
            frames: 0,
            output: None,
            finished: false,
        })
    }

    /// The header that the stream begins with.
    pub fn header(&self) -> &StreamHeader {
        &self.header
    }

    /// Changes the quality from the next frame on.
    pub fn set_quality(&mut self, quality: Quality) {
        self.config.quality = quality;
    }

    /// Codes a frame. Its packet is to be received before the next one is sent.
    ///
    /// The frame's samples are taken as its own colour description says; what the decoder gives has
    /// that of the stream.
    ///
    /// # Errors
    /// [`SessionError::OutputPending`], [`SessionError::Finished`],
    /// [`SessionError::FrameFormat`] if it is not like the others, and [`SessionError::Model`].
    pub fn send_frame(&mut self, frame: &Frame) -> Result<(), SessionError> {
        if self.finished {
            return Err(SessionError::Finished);
        }
        if self.output.is_some() {
            return Err(SessionError::OutputPending);
        }
        if frame.format() != self.properties.format {
            return Err(SessionError::FrameFormat {
                number: self.frames,
                actual: frame.format(),
                expected: self.properties.format,
            });
        }
        let key =
            self.reference.is_none() || self.frames_since_keyframe >= self.config.keyframe_interval;
        let frame_type = if key {
            FrameType::Key
        } else {
            FrameType::Inter
        };
        let reference = if key { None } else { self.reference.as_ref() };
        let quality = self.config.quality;
        let CodedFrame { payload, reference } = self
            .model
            .frame_codec()
            .encode(frame, frame_type, reference, quality)?;
        self.reference = reference;
        self.frames_since_keyframe = if key {
            1
        } else {
            self.frames_since_keyframe + 1
        };
        self.frames += 1;
        self.output = Some(Packet {
            frame_type,
            presentation_ticks: frame.pts(),
            quality: quality.level(),
            payload,
        });
        Ok(())
    }

    /// Declares that no frame follows.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// The next packet, if there is one.
    pub fn receive_packet(&mut self) -> EncoderOutput {
        match self.output.take() {
            Some(packet) => EncoderOutput::Packet(packet),
            None if self.finished => EncoderOutput::Finished,
            None => EncoderOutput::NeedFrame,
        }
    }
}
