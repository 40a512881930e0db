use std::sync::Arc;

use aivc_entropy::FrameType;
use aivc_models::families::Effort;
use aivc_models::layers::Quality;

use super::data::Batch;
use super::{Dataset, TrainingError};
use crate::color::{from_rgb_f32, halve_rgb_f32, to_rgb_f32, to_yuv420};
use crate::frame::{BitDepth, ColorDescription, Frame, FrameFormat, PixelFormat};
use crate::model::{Backend, CodingOptions, Model, ModelError, ShownSize};

/// Training pictures with what frozen codecs make of them, by real streams.
#[derive(Debug, Clone)]
pub(super) struct CodedPictures {
    dataset: Arc<Dataset>,
    codecs: Vec<Model>,
    size: ShownSize,
}

/// Crops and what they decode to.
#[derive(Debug, Clone)]
pub(super) struct CodedBatch {
    /// The crops.
    pub originals: Batch,
    /// `[pictures, 3, side / factor, side / factor]`, values from 0 to 1.
    pub decoded: Vec<f32>,
    /// Bits of the real streams a pixel of the crops, one a picture.
    pub bits_per_pixel: Vec<f32>,
}

/// A decoded picture.
pub(super) struct CodedPicture {
    pub frame: Frame,
    pub payload_bytes: usize,
}

impl CodedPictures {
    /// # Errors
    /// [`TrainingError`] for a model that is not there or does not code single pictures.
    pub fn open(
        dataset: Arc<Dataset>,
        codecs: &[String],
        size: ShownSize,
    ) -> Result<Self, TrainingError> {
        let codecs = codecs.iter().map(|name| {
            let model = Model::find(name, Backend::default())?;
            if model.frame_codec().groups().is_some() {
                return Err(TrainingError::NoPictureCodec { name: name.clone() });
            }
            Ok(model)
        });
        Ok(Self {
            dataset,
            codecs: codecs.collect::<Result<_, TrainingError>>()?,
            size,
        })
    }

    /// Pictures of each source.
    pub fn source_sizes(&self) -> Vec<usize> {
        self.dataset.sizes()
    }

    /// The batch of a number, which is a function of it alone; picture after picture is coded by
    /// codec after codec.
    pub fn batch(
        &self,
        number: u64,
        pictures: usize,
        side: usize,
    ) -> Result<CodedBatch, TrainingError> {
        let originals = self.dataset.batch(number, pictures, side)?;
        let mut decoded = Vec::new();
        let mut bits_per_pixel = Vec::with_capacity(pictures);
        let crops = originals.pixels.chunks_exact(3 * side * side);
        for (index, (crop, &quality)) in crops.zip(&originals.qualities).enumerate() {
            let turn = number as usize * pictures + index;
            let codec = &self.codecs[turn % self.codecs.len()];
            let coded = self.code(codec, crop, side, side, quality)?;
            bits_per_pixel.push((8 * coded.payload_bytes) as f32 / (side * side) as f32);
            decoded.extend(to_rgb_f32(&coded.frame)?);
        }
        Ok(CodedBatch {
            originals,
            decoded,
            bits_per_pixel,
        })
    }

    /// What the first codec makes of an RGB picture, at half of its size if it is shown at twice.
    pub fn code_first(
        &self,
        rgb: &[f32],
        width: usize,
        height: usize,
        quality: Quality,
    ) -> Result<CodedPicture, TrainingError> {
        self.code(&self.codecs[0], rgb, width, height, quality)
    }

    fn code(
        &self,
        codec: &Model,
        rgb: &[f32],
        width: usize,
        height: usize,
        quality: Quality,
    ) -> Result<CodedPicture, TrainingError> {
        let factor = self.size.factor();
        let halved;
        let rgb = match self.size {
            ShownSize::AsDecoded => rgb,
            ShownSize::Twice => {
                halved = halve_rgb_f32(rgb, width, height);
                &halved
            }
        };
        let (width, height) = (width.div_ceil(factor), height.div_ceil(factor));
        let format = FrameFormat::new(width, height, PixelFormat::Rgb, BitDepth::Eight)?;
        let mut frame = from_rgb_f32(rgb, format, ColorDescription::SRGB)?;
        let codec = codec.frame_codec();
        if codec.needs_yuv420() {
            frame = to_yuv420(&frame, ColorDescription::BT601)?;
        }
        let options = CodingOptions {
            quality,
            importance: None,
            effort: Effort::MIN,
            reconstruct: true,
        };
        let coded = codec.encode(&frame, FrameType::Key, None, options)?;
        let decoded = coded.reconstruction.ok_or(ModelError::NoReference)?;
        Ok(CodedPicture {
            frame: decoded,
            payload_bytes: coded.payload.len(),
        })
    }
}
