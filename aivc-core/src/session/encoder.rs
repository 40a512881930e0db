use std::collections::VecDeque;

use aivc_entropy::{ContainerError, FrameType, Packet, Profile, StreamHeader};
use aivc_models::families::Effort;
use aivc_models::families::hybrid::lookahead::{Importance, Lookahead};
use aivc_models::layers::Quality;

use super::frame_qualities::frame_quality;
use super::rate_control::{RateControl, RateTarget};
use super::stream_properties::check_color;
use super::{SessionError, stream_header};
use crate::color::{from_rgb_f32, halve_rgb_f32, to_rgb_f32, to_yuv420};
use crate::frame::{ColorDescription, Frame, FrameFormat, PixelFormat};
use crate::metrics::psnr;
use crate::model::{CodedFrame, CodingOptions, Model, Reference};
use crate::video::VideoProperties;

/// Parameters of an [`Encoder`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EncoderConfig {
    /// Quality of the stream; with a target, of its first frame. Keyframes that others are predicted
    /// from are up to 16 levels better, and with a lookahead frames become worse when less is predicted from
    /// them than from their keyframe.
    pub quality: Quality,
    /// What the stream is to reach, in place of a constant quality.
    pub target: Option<RateTarget>,
    /// How long each frame's latents are searched for better ones; models of the family `hyperprior`
    /// do so, others code as with effort 0 whatever it is.
    pub effort: Effort,
    /// Most frames from one keyframe to the next, for models that predict; others code keyframes
    /// only. Models that code groups of frames begin each with a keyframe, and make no longer ones
    /// than they can.
    pub keyframe_interval: u32,
    /// Whether a change of scene makes a keyframe before the interval is over.
    pub scene_cuts: bool,
    /// Frames that the encoder knows beyond the one that it codes: models that predict spend bits where
    /// these profit. So packets come that much later, and as many frames are kept; 0 gives a packet at
    /// once. Models that do not predict know only the present one.
    pub lookahead: u32,
    /// The size that frames are coded at. A target PSNR is that of the frames as they are coded.
    pub coded_size: CodedSize,
}

/// The size that frames are coded at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CodedSize {
    /// Their own.
    #[default]
    Full,
    /// Half of their width and height, rounded up. The stream knows the full size; a decoder may
    /// enlarge to it.
    Half,
}

impl Default for EncoderConfig {
    /// Quality 32, no search, a keyframe every 64 frames and where scenes change, no lookahead.
    fn default() -> Self {
        Self {
            quality: Quality::new(32).expect("in range"),
            target: None,
            effort: Effort::MIN,
            keyframe_interval: 64,
            scene_cuts: true,
            lookahead: 0,
            coded_size: CodedSize::Full,
        }
    }
}

impl EncoderConfig {
    /// The default for videos that are at hand as a whole: it knows the next 40 frames.
    pub fn for_files() -> Self {
        Self {
            lookahead: 40,
            ..Self::default()
        }
    }
}

/// What [`Encoder::receive_packet`] has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EncoderOutput {
    /// A packet, in coding order.
    Packet(Packet),
    /// Nothing until more frames are sent.
    NeedFrame,
    /// Nothing any more.
    Finished,
}

#[derive(Debug)]
struct WaitingFrame {
    frame: Frame,
    /// Without a target.
    quality: Quality,
    keyframe_forced: bool,
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
    /// Of the frames that are sent.
    taken: FrameFormat,
    /// Of the stream.
    properties: VideoProperties,
    config: EncoderConfig,
    /// What the decoder saw last, of models that predict: all that a stream carries along.
    reference: Option<Reference>,
    frames_since_keyframe: u32,
    keyframe_forced: bool,
    /// Frames that wait until those after them are known.
    waiting: VecDeque<WaitingFrame>,
    lookahead: Lookahead,
    /// Mean importance of the last keyframe.
    keyframe_importance: f32,
    rate_control: Option<RateControl>,
    frames: u64,
    /// Of models that code frames together: those that wait for the rest of their group.
    group: Vec<Frame>,
    output: VecDeque<Packet>,
    finished: bool,
}

impl Encoder {
    /// Starts a stream of frames with these properties. RGB becomes 4:2:0 for models that need it,
    /// with the matrix that players assume.
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
        check_target(config.target)?;
        let taken = properties.format;
        let properties = coded_properties(model, properties, config.coded_size)?;
        let interval = match (model.frame_codec().groups(), model.frame_codec().predicts()) {
            (Some(groups), _) => config.keyframe_interval.min(groups.length() as u32),
            (None, true) => config.keyframe_interval,
            (None, false) => 1,
        };
        let mut header = stream_header(model, &properties, interval);
        if config.coded_size == CodedSize::Half {
            header.profile = Profile::HalfSize;
            header.display_width = taken.width() as u32;
            header.display_height = taken.height() as u32;
        }
        header.validate().map_err(ContainerError::from)?;
        Ok(Self {
            model: model.clone(),
            header,
            taken,
            properties,
            config: EncoderConfig {
                keyframe_interval: interval,
                ..config
            },
            reference: None,
            frames_since_keyframe: 0,
            keyframe_forced: false,
            waiting: VecDeque::new(),
            lookahead: Lookahead::default(),
            keyframe_importance: 0.0,
            rate_control: config.target.map(|target| {
                let rate = properties.frame_rate.as_f64();
                // All frames of a group cost their part of it.
                let grouped = model.frame_codec().groups().is_some();
                let interval = if grouped { 1 } else { interval };
                RateControl::new(target, config.quality, rate, interval)
            }),
            frames: 0,
            group: Vec::new(),
            output: VecDeque::new(),
            finished: false,
        })
    }

    /// The header that the stream begins with.
    pub fn header(&self) -> &StreamHeader {
        &self.header
    }

    /// Changes the quality from the next frame on; without effect on a stream with a target.
    pub fn set_quality(&mut self, quality: Quality) {
        self.config.quality = quality;
    }

    /// Makes the next frame a keyframe.
    pub fn force_keyframe(&mut self) {
        self.keyframe_forced = true;
    }

    /// Takes a frame, and codes it or, with a lookahead, the one that has waited longest once enough are
    /// known; models that code groups of frames code them when a group is full. All packets are to be
    /// received before the next frame is sent.
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
        if !self.output.is_empty() {
            return Err(SessionError::OutputPending);
        }
        if frame.format() != self.taken {
            return Err(SessionError::FrameFormat {
                number: self.frames,
                actual: frame.format(),
                expected: self.taken,
            });
        }
        let converted;
        let frame = if self.taken == self.properties.format {
            frame
        } else {
            converted = match self.config.coded_size {
                CodedSize::Full => to_yuv420(frame, self.properties.color)?,
                CodedSize::Half => halved(frame, &self.properties)?,
            }
            .with_pts(frame.pts());
            &converted
        };
        if self.model.frame_codec().groups().is_some() {
            return self.send_to_group(frame);
        }
        let frame = WaitingFrame {
            frame: frame.clone(),
            quality: self.config.quality,
            keyframe_forced: std::mem::take(&mut self.keyframe_forced),
        };
        self.frames += 1;
        // Without inter frames there is nothing that others profit from.
        if self.config.lookahead > 0 && self.config.keyframe_interval > 1 {
            let codec = self.model.frame_codec();
            codec.look_ahead(&mut self.lookahead, &frame.frame);
        }
        self.waiting.push_back(frame);
        if self.lookahead.is_empty() || self.waiting.len() > self.config.lookahead as usize {
            self.code_longest_waiting()?;
        }
        Ok(())
    }

    /// Codes the frame that has waited longest, although fewer frames after it are known than the
    /// lookahead asks for; false if none waits. [`finish`](Self::finish) codes all of them at once.
    ///
    /// # Errors
    /// [`SessionError::OutputPending`] and [`SessionError::Model`].
    pub fn code_waiting(&mut self) -> Result<bool, SessionError> {
        if !self.output.is_empty() {
            return Err(SessionError::OutputPending);
        }
        self.code_longest_waiting()
    }

    fn code_longest_waiting(&mut self) -> Result<bool, SessionError> {
        let Some(WaitingFrame {
            frame,
            quality,
            keyframe_forced,
        }) = self.waiting.pop_front()
        else {
            return Ok(false);
        };
        let key = keyframe_forced || self.is_keyframe(&frame);
        let since_keyframe = if key { 0 } else { self.frames_since_keyframe };
        let importance = self
            .lookahead
            .importance(self.frames_that_profit(since_keyframe));
        self.lookahead.pop();
        let (frame_type, reference) = match &self.reference {
            Some(reference) if !key => (FrameType::Inter, Some(reference)),
            _ => (FrameType::Key, None),
        };
        if key {
            self.keyframe_importance = importance.as_ref().map_or(0.0, Importance::mean);
        }
        let (base, better) = match (&mut self.rate_control, &importance) {
            (Some(control), _) => (control.level(), 0.0),
            (None, None) => (quality.level().into(), 0.0),
            (None, Some(importance)) => {
                let better = importance.levels_above(self.keyframe_importance);
                (quality.level().into(), better.into())
            }
        };
        let codec = self.model.frame_codec();
        let predicted_from = codec.predicts() && self.config.keyframe_interval > 1;
        let quality = frame_quality(base, better, frame_type, predicted_from);
        let measures_quality = matches!(self.config.target, Some(RateTarget::Psnr(_)));
        let options = CodingOptions {
            quality,
            importance: importance.as_ref(),
            effort: self.config.effort,
            reconstruct: measures_quality,
        };
        let coded = codec.encode(&frame, frame_type, reference, options)?;
        if let Some(control) = &mut self.rate_control {
            let psnr = match &coded.reconstruction {
                Some(decoded) => psnr(&frame, decoded)?.average,
                None => 0.0,
            };
            control.update(frame_type, quality, 8.0 * coded.payload.len() as f64, psnr);
        }
        let CodedFrame {
            payload, reference, ..
        } = coded;
        self.reference = reference;
        self.frames_since_keyframe = since_keyframe + 1;
        self.output.push_back(Packet {
            frame_type,
            presentation_ticks: frame.pts(),
            quality: quality.level(),
            payload,
        });
        Ok(true)
    }

    /// Frames that are predicted, one from the other, from one that comes so long after its keyframe, as
    /// far as is known.
    fn frames_that_profit(&self, since_keyframe: u32) -> usize {
        let in_interval = self.config.keyframe_interval - 1 - since_keyframe;
        let forced = self.waiting.iter().position(|frame| frame.keyframe_forced);
        forced.unwrap_or(usize::MAX).min(in_interval as usize)
    }

    /// Collects frames, and codes them when they are a group.
    fn send_to_group(&mut self, frame: &Frame) -> Result<(), SessionError> {
        if std::mem::take(&mut self.keyframe_forced) {
            self.code_group()?;
        }
        self.group.push(frame.clone());
        self.frames += 1;
        if self.group.len() >= self.config.keyframe_interval as usize {
            self.code_group()?;
        }
        Ok(())
    }

    /// Codes the frames that wait, if there are any.
    fn code_group(&mut self) -> Result<(), SessionError> {
        let frames = std::mem::take(&mut self.group);
        let Some(codec) = self.model.frame_codec().groups() else {
            return Ok(());
        };
        if frames.is_empty() {
            return Ok(());
        }
        let base = match &mut self.rate_control {
            Some(control) => control.level(),
            None => self.config.quality.level().into(),
        };
        let quality = frame_quality(base, 0.0, FrameType::Key, false);
        let measures_quality = matches!(self.config.target, Some(RateTarget::Psnr(_)));
        let coded = codec.encode_group(&frames, quality, measures_quality)?;
        let bytes: usize = coded.payloads.iter().map(Vec::len).sum();
        let bits = 8.0 * bytes as f64 / frames.len() as f64;
        for (position, (frame, payload)) in frames.iter().zip(coded.payloads).enumerate() {
            if let Some(control) = &mut self.rate_control {
                let psnr = match coded.reconstructions.get(position) {
                    Some(decoded) => psnr(frame, decoded)?.average,
                    None => 0.0,
                };
                control.update(FrameType::Key, quality, bits, psnr);
            }
            let first = position == 0;
            self.output.push_back(Packet {
                frame_type: if first {
                    FrameType::Key
                } else {
                    FrameType::Inter
                },
                presentation_ticks: frame.pts(),
                quality: quality.level(),
                payload,
            });
        }
        Ok(())
    }

    fn is_keyframe(&self, frame: &Frame) -> bool {
        let Some(reference) = &self.reference else {
            return true;
        };
        self.frames_since_keyframe >= self.config.keyframe_interval
            || self.config.scene_cuts && self.model.frame_codec().is_scene_cut(frame, reference)
    }

    /// Declares that no frame follows, and codes those that wait; a group that is not full is coded as it
    /// is.
    ///
    /// # Errors
    /// [`SessionError::Model`].
    pub fn finish(&mut self) -> Result<(), SessionError> {
        self.finished = true;
        while self.code_longest_waiting()? {}
        self.code_group()
    }

    /// The next packet, if there is one.
    pub fn receive_packet(&mut self) -> EncoderOutput {
        match self.output.pop_front() {
            Some(packet) => EncoderOutput::Packet(packet),
            None if self.finished => EncoderOutput::Finished,
            None => EncoderOutput::NeedFrame,
        }
    }
}

/// What a stream of frames with these properties holds.
fn coded_properties(
    model: &Model,
    properties: &VideoProperties,
    size: CodedSize,
) -> Result<VideoProperties, SessionError> {
    let format = properties.format;
    let format = match size {
        CodedSize::Full => format,
        CodedSize::Half => FrameFormat::new(
            format.width().div_ceil(2),
            format.height().div_ceil(2),
            format.pixel_format(),
            format.bit_depth(),
        )?,
    };
    let properties = VideoProperties {
        format,
        ..*properties
    };
    if !model.frame_codec().needs_yuv420() || format.pixel_format() == PixelFormat::Yuv420 {
        return Ok(properties);
    }
    let (width, height) = (format.width(), format.height());
    Ok(VideoProperties {
        format: FrameFormat::new(width, height, PixelFormat::Yuv420, format.bit_depth())?,
        color: ColorDescription::UNSPECIFIED,
        ..properties
    })
}

/// The frame at half of its size, as the stream has it.
fn halved(frame: &Frame, stream: &VideoProperties) -> Result<Frame, SessionError> {
    let rgb = halve_rgb_f32(&to_rgb_f32(frame)?, frame.width(), frame.height());
    Ok(from_rgb_f32(&rgb, stream.format, stream.color)?)
}

fn check_target(target: Option<RateTarget>) -> Result<(), SessionError> {
    let value = match target {
        None => return Ok(()),
        Some(RateTarget::BitsPerSecond(value) | RateTarget::Psnr(value)) => value,
    };
    if value.is_finite() && value > 0.0 {
        Ok(())
    } else {
        Err(SessionError::Target { value })
    }
}
