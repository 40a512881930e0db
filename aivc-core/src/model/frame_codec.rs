use std::sync::Arc;

use aivc_entropy::{FrameType, SymbolDecoder, SymbolEncoder};
use aivc_models::ModelBackend;
use aivc_models::families::hybrid::HybridFrame;
use aivc_models::families::hybrid::lookahead::{Importance, Lookahead};
use aivc_models::families::{CodecError, Effort, Latents, PictureCodec, PictureSize};
use aivc_models::layers::Quality;
use aivc_models::weights::ExactLayerBound;

use super::rgb_tensors::{picture_tensor, rgb_frame};
use super::{GroupCodec, ModelError};
use crate::frame::{ColorDescription, Frame, FrameFormat};

/// A coded frame on its way into a packet.
#[derive(Debug, Clone)]
pub struct CodedFrame {
    /// The packet's payload.
    pub payload: Vec<u8>,
    /// What the next frame can be predicted from, of codecs that do so; others save the work.
    pub reference: Option<Reference>,
    /// What the decoder will show, if it was asked for.
    pub reconstruction: Option<Frame>,
}

/// A decoded frame.
#[derive(Debug, Clone)]
pub struct DecodedFrame {
    /// What is shown.
    pub frame: Frame,
    /// What the next frame can be predicted from, of codecs that do so.
    pub reference: Option<Reference>,
}

/// What a stream carries from one frame to the next. Cheap to clone.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Reference {
    /// The decoded samples of a frame and the codec's own state, which the next one is predicted
    /// from.
    Hybrid(Arc<HybridFrame>),
    /// The frames of a group, all of which its first packet held.
    Group(Arc<[Frame]>),
}

/// How a frame is to be coded.
#[derive(Debug, Clone, Copy)]
pub struct CodingOptions<'a> {
    /// The quality of the frame.
    pub quality: Quality,
    /// How much its parts matter to the frames after it, where codecs [look ahead](FrameCodec::look_ahead).
    pub importance: Option<&'a Importance>,
    /// What codecs do that search, which are those of the family `hyperprior`.
    pub effort: Effort,
    /// Whether to tell what the decoder will show.
    pub reconstruct: bool,
}

/// Codes the frames of a stream: the border between sessions, which know of time and packets, and
/// models, which know of tensors.
pub trait FrameCodec: Send + Sync {
    /// Whether frames can hang on earlier packets. Sessions make every frame a keyframe if not.
    fn predicts(&self) -> bool;

    /// How frames are coded together, of codecs that do so; sessions hand them groups then.
    fn groups(&self) -> Option<&dyn GroupCodec> {
        None
    }

    /// Whether frames must be 4:2:0; others may be RGB too.
    fn needs_yuv420(&self) -> bool;

    /// Whether a frame is of another scene than the reference, so that it is better coded by itself.
    fn is_scene_cut(&self, frame: &Frame, reference: &Reference) -> bool;

    /// Adds a frame to those that are known and not coded yet, for codecs that code frames better with knowledge
    /// of those that follow; others know none.
    fn look_ahead(&self, _known: &mut Lookahead, _frame: &Frame) {}

    /// Codes a frame; `reference` is that of the frame before, of inter frames.
    ///
    /// # Errors
    /// [`ModelError`].
    fn encode(
        &self,
        frame: &Frame,
        frame_type: FrameType,
        reference: Option<&Reference>,
        options: CodingOptions<'_>,
    ) -> Result<CodedFrame, ModelError>;

    /// Decodes a payload into a frame of the given format.
    ///
    /// # Errors
    /// [`ModelError`], if the payload is damaged above all.
    fn decode(
        &self,
        payload: &[u8],
        frame_type: FrameType,
        reference: Option<&Reference>,
        quality: Quality,
        format: FrameFormat,
        color: ColorDescription,
    ) -> Result<DecodedFrame, ModelError>;

    /// The exact layers of the model with the worst case of their sums.
    fn exact_layer_bounds(&self) -> Vec<ExactLayerBound>;
}

/// A picture codec applied to each frame by itself, in RGB.
#[derive(Debug)]
pub struct PictureFrameCodec<B: ModelBackend> {
    codec: PictureCodec<B>,
    device: B::Device,
}

impl<B: ModelBackend> PictureFrameCodec<B> {
    /// A codec on a device.
    pub fn new(codec: PictureCodec<B>, device: B::Device) -> Self {
        Self { codec, device }
    }

    /// The frame of decoded latents.
    fn show(
        &self,
        latents: Latents<B>,
        format: FrameFormat,
        color: ColorDescription,
    ) -> Result<Frame, ModelError> {
        rgb_frame(self.codec.reconstruct(latents), format, color)
    }
}

impl<B> FrameCodec for PictureFrameCodec<B>
where
    B: ModelBackend,
    PictureCodec<B>: Send + Sync,
    B::Device: Sync,
{
    fn predicts(&self) -> bool {
        false
    }

    fn needs_yuv420(&self) -> bool {
        false
    }

    fn is_scene_cut(&self, _frame: &Frame, _reference: &Reference) -> bool {
        false
    }

    fn encode(
        &self,
        frame: &Frame,
        frame_type: FrameType,
        _reference: Option<&Reference>,
        options: CodingOptions<'_>,
    ) -> Result<CodedFrame, ModelError> {
        if frame_type != FrameType::Key {
            return Err(ModelError::InterFrame);
        }
        let picture = picture_tensor(frame, &self.device)?;
        let mut encoder = SymbolEncoder::new();
        let latents = self.codec.compress_with_effort(
            picture,
            options.quality,
            options.effort,
            &mut encoder,
        )?;
        let reconstruction = options
            .reconstruct
            .then(|| self.show(latents, frame.format(), frame.color()))
            .transpose()?;
        Ok(CodedFrame {
            payload: encoder.finish(),
            reference: None,
            reconstruction,
        })
    }

    fn decode(
        &self,
        payload: &[u8],
        frame_type: FrameType,
        _reference: Option<&Reference>,
        quality: Quality,
        format: FrameFormat,
        color: ColorDescription,
    ) -> Result<DecodedFrame, ModelError> {
        if frame_type != FrameType::Key {
            return Err(ModelError::InterFrame);
        }
        let mut decoder = SymbolDecoder::new(payload).map_err(CodecError::from)?;
        let size = PictureSize {
            height: format.height(),
            width: format.width(),
        };
        let latents = self
            .codec
            .decompress(size, quality, &mut decoder, &self.device)?;
        // Synthesis costs the most: a damaged payload is found before it.
        decoder.finish().map_err(CodecError::from)?;
        Ok(DecodedFrame {
            frame: self.show(latents, format, color)?,
            reference: None,
        })
    }

    fn exact_layer_bounds(&self) -> Vec<ExactLayerBound> {
        self.codec
            .exact_layer_bounds()
            .expect("proved when the weights were loaded")
    }
}
