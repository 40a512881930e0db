use std::sync::Arc;

use aivc_entropy::{FrameType, SymbolEncoder};
use aivc_models::ModelBackend;
use aivc_models::families::PictureSize;
use aivc_models::families::hybrid::HybridCodec;
use aivc_models::families::hybrid::lookahead::Lookahead;
use aivc_models::families::hybrid::motion::is_scene_cut;
use aivc_models::layers::Quality;
use aivc_models::weights::ExactLayerBound;

use super::frame_codec::{CodedFrame, CodingOptions, DecodedFrame, FrameCodec, Reference};
use super::{ModelError, from_yuv420_picture, to_yuv420_picture};
use crate::frame::{ColorDescription, Frame, FrameFormat, PixelFormat};

/// The hybrid codec, in 4:2:0: the decoded samples are the same on every machine.
#[derive(Debug)]
pub struct HybridFrameCodec<B: ModelBackend> {
    codec: HybridCodec<B>,
    device: B::Device,
}

impl<B: ModelBackend> HybridFrameCodec<B> {
    /// A codec on a device.
    pub fn new(codec: HybridCodec<B>, device: B::Device) -> Self {
        Self { codec, device }
    }
}

impl<B> FrameCodec for HybridFrameCodec<B>
where
    B: ModelBackend,
    HybridCodec<B>: Send + Sync,
    B::Device: Sync,
{
    fn predicts(&self) -> bool {
        self.codec.predicts()
    }

    fn needs_yuv420(&self) -> bool {
        true
    }

    fn is_scene_cut(&self, frame: &Frame, reference: &Reference) -> bool {
        let Reference::Hybrid(reference) = reference else {
            return false;
        };
        is_scene_cut(
            &to_yuv420_picture(frame).planes[0],
            &reference.picture.planes[0],
        )
    }

    fn look_ahead(&self, known: &mut Lookahead, frame: &Frame) {
        if self.codec.predicts() {
            let picture = to_yuv420_picture(frame);
            known.push(&picture.planes[0], picture.maximum);
        }
    }

    fn encode(
        &self,
        frame: &Frame,
        frame_type: FrameType,
        reference: Option<&Reference>,
        options: CodingOptions<'_>,
    ) -> Result<CodedFrame, ModelError> {
        check_format(frame.format())?;
        let picture = to_yuv420_picture(frame);
        let CodingOptions {
            quality,
            importance,
            ..
        } = options;
        let mut encoder = SymbolEncoder::new();
        let coded = match (frame_type, reference) {
            (FrameType::Key, _) => self.codec.compress_key(
                &picture,
                quality,
                importance,
                &mut encoder,
                &self.device,
            )?,
            (_, Some(Reference::Hybrid(reference))) => self.codec.compress_inter(
                &picture,
                reference,
                quality,
                importance,
                &mut encoder,
                &self.device,
            )?,
            (_, _) => return Err(ModelError::NoReference),
        };
        let reconstruction = options
            .reconstruct
            .then(|| from_yuv420_picture(coded.shown(), frame.color()))
            .transpose()?;
        Ok(CodedFrame {
            reconstruction,
            payload: encoder.finish(),
            reference: (self.codec.predicts()).then(|| Reference::Hybrid(Arc::new(coded))),
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
        check_format(format)?;
        let decoded = match (frame_type, reference) {
            (FrameType::Key, _) => {
                let size = PictureSize {
                    height: format.height(),
                    width: format.width(),
                };
                let maximum = format.bit_depth().max_sample();
                self.codec
                    .decompress_key(size, maximum, quality, payload, &self.device)?
            }
            (_, Some(Reference::Hybrid(reference))) => {
                self.codec
                    .decompress_inter(reference, quality, payload, &self.device)?
            }
            (_, _) => return Err(ModelError::NoReference),
        };
        Ok(DecodedFrame {
            frame: from_yuv420_picture(decoded.shown(), color)?,
            reference: (self.codec.predicts()).then(|| Reference::Hybrid(Arc::new(decoded))),
        })
    }

    fn exact_layer_bounds(&self) -> Vec<ExactLayerBound> {
        self.codec.exact_layer_bounds()
    }
}

fn check_format(format: FrameFormat) -> Result<(), ModelError> {
    match format.pixel_format() {
        PixelFormat::Yuv420 => Ok(()),
        _ => Err(ModelError::NeedsYuv420),
    }
}
