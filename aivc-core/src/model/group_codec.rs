use std::sync::Arc;

use aivc_entropy::{FrameType, SymbolDecoder, SymbolEncoder};
use aivc_models::ModelBackend;
use aivc_models::families::hyperprior3d::{GROUP_FRAMES, Hyperprior3dCodec, Hyperprior3dLatents};
use aivc_models::families::{CodecError, PictureSize, Rounding};
use aivc_models::layers::Quality;
use aivc_models::weights::ExactLayerBound;

use super::ModelError;
use super::frame_codec::{CodedFrame, CodingOptions, DecodedFrame, FrameCodec, Reference};
use super::rgb_tensors::{clip_tensor, rgb_frame};
use crate::frame::{ColorDescription, Frame, FrameFormat};

/// A coded group of frames on its way into packets.
#[derive(Debug, Clone)]
pub struct CodedGroup {
    /// A payload a frame, in the order of presentation: the first holds the group, the others say
    /// which of its frames is to be shown.
    pub payloads: Vec<Vec<u8>>,
    /// What the decoder will show, if it was asked for; otherwise none.
    pub reconstructions: Vec<Frame>,
}

/// Codes frames that are coded together.
pub trait GroupCodec {
    /// Most frames of a group.
    fn length(&self) -> usize;

    /// Codes a group of one frame to as many as there may be.
    ///
    /// # Errors
    /// [`ModelError`].
    ///
    /// # Panics
    /// If there is no frame or too many, or they differ in format.
    fn encode_group(
        &self,
        frames: &[Frame],
        quality: Quality,
        reconstruct: bool,
    ) -> Result<CodedGroup, ModelError>;
}

/// A codec of groups of frames, in RGB.
///
/// A group's first packet is a keyframe and holds all of it. Each other packet is an inter frame of
/// one byte: the position of its frame in the group. So frames keep packets, presentation times and
/// index entries of their own.
#[derive(Debug)]
pub struct GroupFrameCodec<B: ModelBackend> {
    codec: Hyperprior3dCodec<B>,
    device: B::Device,
}

impl<B: ModelBackend> GroupFrameCodec<B> {
    /// A codec on a device.
    pub fn new(codec: Hyperprior3dCodec<B>, device: B::Device) -> Self {
        Self { codec, device }
    }

    /// The first frames of decoded latents.
    fn show(
        &self,
        latents: Hyperprior3dLatents<B>,
        count: usize,
        format: FrameFormat,
        color: ColorDescription,
    ) -> Result<Vec<Frame>, ModelError> {
        self.codec
            .reconstruct(latents, count)
            .map(|picture| rgb_frame(picture, format, color))
            .collect()
    }
}

impl<B> GroupCodec for GroupFrameCodec<B>
where
    B: ModelBackend,
{
    fn length(&self) -> usize {
        GROUP_FRAMES
    }

    fn encode_group(
        &self,
        frames: &[Frame],
        quality: Quality,
        reconstruct: bool,
    ) -> Result<CodedGroup, ModelError> {
        let clip = clip_tensor(frames, &self.device)?;
        let mut encoder = SymbolEncoder::new();
        let latents = self
            .codec
            .compress(clip, quality, Rounding::RateAware, &mut encoder)?;
        let others = (1..frames.len()).map(|position| vec![position as u8]);
        let reconstructions = if reconstruct {
            self.show(latents, frames.len(), frames[0].format(), frames[0].color())?
        } else {
            Vec::new()
        };
        Ok(CodedGroup {
            payloads: std::iter::once(encoder.finish()).chain(others).collect(),
            reconstructions,
        })
    }
}

impl<B> FrameCodec for GroupFrameCodec<B>
where
    B: ModelBackend,
    Hyperprior3dCodec<B>: Send + Sync,
    B::Device: Sync,
{
    fn predicts(&self) -> bool {
        true
    }

    fn needs_yuv420(&self) -> bool {
        false
    }

    fn groups(&self) -> Option<&dyn GroupCodec> {
        Some(self)
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
        let CodedGroup {
            mut payloads,
            mut reconstructions,
        } = self.encode_group(
            std::slice::from_ref(frame),
            options.quality,
            options.reconstruct,
        )?;
        Ok(CodedFrame {
            payload: payloads.swap_remove(0),
            reference: None,
            reconstruction: reconstructions.pop(),
        })
    }

    fn decode(
        &self,
        payload: &[u8],
        frame_type: FrameType,
        reference: Option<&Reference>,
        quality: Quality,
        format: FrameFormat,
        color: ColorDescription,
    ) -> Result<DecodedFrame, ModelError> {
        if frame_type != FrameType::Key {
            let Some(Reference::Group(frames)) = reference else {
                return Err(ModelError::NoReference);
            };
            let frame = match payload {
                [position] if *position > 0 => frames.get(usize::from(*position)),
                _ => None,
            };
            return Ok(DecodedFrame {
                frame: frame.ok_or(ModelError::GroupPosition)?.clone(),
                reference: reference.cloned(),
            });
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
        let frames: Arc<[Frame]> = self.show(latents, GROUP_FRAMES, format, color)?.into();
        Ok(DecodedFrame {
            frame: frames[0].clone(),
            reference: Some(Reference::Group(frames)),
        })
    }

    fn exact_layer_bounds(&self) -> Vec<ExactLayerBound> {
        self.codec
            .exact_layer_bounds()
            .expect("proved when the weights were loaded")
    }
}
