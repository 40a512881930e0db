use aivc_entropy::gaussian::{SCALE_LEVELS, gaussian_tables};
use aivc_entropy::{SymbolDecoder, SymbolEncoder};

use super::coder::{
    FrameCoder, FrameCoderConfig, FrameLatents, FrameResidual, FrozenFrameCoder, Reference, Tables,
    integer_names,
};
use super::motion::{MotionSearch, Yuv420Picture, compensate, decode_field, encode_field};
use super::transform::{FramePlanes, MACROBLOCK};
use super::{HybridConfig, HybridNetwork};
use crate::backend::ModelBackend;
use crate::families::rate_aware::RateAwareRounding;
use crate::families::{CodecError, PictureSize, Rounding};
use crate::layers::{ExactConv2d, Quality};
use crate::weights::{ExactLayerBound, WeightsError, WeightsFile};

const GAUSSIAN_TABLES: &str = "tables.gaussian";
/// What a bit may cost in squared quantization steps when latents are rounded. Of 0.10 to 0.30, 0.14 and
/// 0.18 were best on training clips (`docs/results.md`); steps that are best for `bits + λ·MSE` at a high
/// rate give 0.116.
const SQUARE_PER_BIT: f32 = 0.15;
/// Names of the two coders in a weights file.
const KEY: &str = "key";
const INTER: &str = "inter";

/// A frozen hybrid model: codes 4:2:0 frames into symbol streams, each by itself or from the one
/// before, and decodes them to the same samples on every machine.
#[derive(Debug, Clone)]
pub struct HybridCodec<B: ModelBackend> {
    config: HybridConfig,
    key: FrozenFrameCoder<B>,
    inter: Option<FrozenFrameCoder<B>>,
    tables: Tables,
    search: MotionSearch,
}

/// A decoded frame and what the next one needs of it besides: all the state of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HybridFrame {
    /// The samples that are shown.
    pub picture: Yuv420Picture,
    /// None of keyframes.
    residual: Option<FrameResidual>,
}

impl<B: ModelBackend> HybridCodec<B> {
    /// Freezes trained networks: exact layers to integers, other weights to 16-bit floats, steps
    /// and priors to tables.
    ///
    /// # Panics
    /// If a weight is not finite.
    pub fn freeze(config: HybridConfig, network: HybridNetwork<B>) -> Self {
        let gaussian = gaussian_tables();
        Self {
            config,
            key: FrozenFrameCoder::of_trained(network.key),
            inter: network.inter.map(FrozenFrameCoder::of_trained),
            tables: Tables {
                rate_aware: RateAwareRounding::new(&gaussian, SQUARE_PER_BIT),
                rounding: Rounding::RateAware,
                gaussian,
            },
            search: MotionSearch::default(),
        }
    }

    /// The codec of a weights file.
    ///
    /// # Errors
    /// [`WeightsError`] if a tensor or table is missing, left over, of the wrong shape or type or
    /// out of range, or an exact layer's bound does not hold.
    pub fn from_weights(file: &WeightsFile, device: &B::Device) -> Result<Self, WeightsError> {
        let config: HybridConfig = file.config()?;
        config.validate()?;
        let network = config.init::<B>(device);
        let exact = exact_names(&network);
        let exact: Vec<&str> = exact.iter().map(String::as_str).collect();
        let mut tables: Vec<String> = integer_names(KEY).into();
        if config.inter.is_some() {
            tables.extend(integer_names(INTER));
        }
        tables.push(GAUSSIAN_TABLES.to_owned());
        let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
        let network = file.load_parameters(network, &exact, &tables, device)?;
        let gaussian = file.tables(GAUSSIAN_TABLES, SCALE_LEVELS)?;
        let inter = network.inter.zip(config.inter.as_ref());
        Ok(Self {
            key: FrozenFrameCoder::load(network.key, &config.key, KEY, file)?,
            inter: inter
                .map(|(inter, config)| FrozenFrameCoder::load(inter, config, INTER, file))
                .transpose()?,
            config,
            tables: Tables {
                rate_aware: RateAwareRounding::new(&gaussian, SQUARE_PER_BIT),
                rounding: Rounding::RateAware,
                gaussian,
            },
            search: MotionSearch::default(),
        })
    }

    /// The codec with inter frames of a trained network in place of its own; its keyframes stay as
    /// they are.
    ///
    /// # Panics
    /// If a weight is not finite.
    #[must_use]
    pub fn with_inter(mut self, config: FrameCoderConfig, network: FrameCoder<B>) -> Self {
        self.config.inter = Some(config);
        self.inter = Some(FrozenFrameCoder::of_trained(network));
        self
    }

    /// The codec with another rounding of the encoder's; [`Rounding::RateAware`] without.
    #[must_use]
    pub fn with_rounding(mut self, rounding: Rounding) -> Self {
        self.tables.rounding = rounding;
        self
    }

    /// The weights file of this codec.
    pub fn to_weights(&self, name: &str) -> WeightsFile {
        let mut file = WeightsFile::new("hybrid", name, &self.config);
        file.store_parameters(&self.network());
        self.key.store(KEY, &mut file);
        if let Some(inter) = &self.inter {
            inter.store(INTER, &mut file);
        }
        file.store_tables(GAUSSIAN_TABLES, &self.tables.gaussian);
        file
    }

    /// The configuration of the networks.
    pub fn config(&self) -> &HybridConfig {
        &self.config
    }

    /// The frozen networks.
    pub fn network(&self) -> HybridNetwork<B> {
        HybridNetwork {
            key: self.key.network().clone(),
            inter: self.inter.as_ref().map(|inter| inter.network().clone()),
        }
    }

    /// Whether it codes inter frames.
    pub fn predicts(&self) -> bool {
        self.inter.is_some()
    }

    /// The exact layers with the worst case of their sums; proved when the weights were loaded.
    pub fn exact_layer_bounds(&self) -> Vec<ExactLayerBound> {
        let network = self.network();
        let layers = exact_layers(&network);
        let bounds = layers.iter().map(|(name, layer)| {
            ExactLayerBound::of(name, layer).expect("proved when the weights were loaded")
        });
        bounds.collect()
    }

    /// Codes a keyframe.
    ///
    /// # Errors
    /// [`CodecError::Encode`] if the symbol encoder refuses, which means damaged tables.
    pub fn compress_key(
        &self,
        picture: &Yuv420Picture,
        quality: Quality,
        encoder: &mut SymbolEncoder,
        device: &B::Device,
    ) -> Result<HybridFrame, CodecError> {
        let frame = FramePlanes::of_picture(picture);
        let tables = &self.tables;
        let latents = self
            .key
            .compress(&frame, None, quality, tables, encoder, device)?;
        Ok(self.finish(
            &self.key,
            latents,
            None,
            quality,
            PictureShape::of(picture),
            device,
        ))
    }

    /// Reads a keyframe; `finish` is asked whether the symbols end well before the networks that
    /// cost the most run.
    ///
    /// # Errors
    /// [`CodecError`] if the symbols end early or are damaged.
    pub fn decompress_key(
        &self,
        size: PictureSize,
        maximum: u16,
        quality: Quality,
        payload: &[u8],
        device: &B::Device,
    ) -> Result<HybridFrame, CodecError> {
        let mut decoder = SymbolDecoder::new(payload)?;
        let blocks = [size.height, size.width].map(|side| side.div_ceil(MACROBLOCK));
        let latents =
            self.key
                .decompress(blocks, None, quality, &self.tables, &mut decoder, device)?;
        // Networks behind this cost the most: damage is found before them.
        decoder.finish()?;
        let shape = PictureShape { size, maximum };
        Ok(self.finish(&self.key, latents, None, quality, shape, device))
    }

    /// Codes a frame from the one before.
    ///
    /// # Panics
    /// If the frames differ in size or depth.
    ///
    /// # Errors
    /// [`CodecError::NoInterFrames`] if the model has none, and [`CodecError::Encode`].
    pub fn compress_inter(
        &self,
        picture: &Yuv420Picture,
        reference: &HybridFrame,
        quality: Quality,
        encoder: &mut SymbolEncoder,
        device: &B::Device,
    ) -> Result<HybridFrame, CodecError> {
        let coder = self.inter.as_ref().ok_or(CodecError::NoInterFrames)?;
        let shape = PictureShape::of(picture);
        assert_eq!(
            shape,
            PictureShape::of(&reference.picture),
            "frames of one video"
        );
        let field = self.search.at_quality(quality).estimate(
            &picture.planes[0],
            &reference.picture.planes[0],
            picture.maximum,
        );
        encode_field(&field, encoder)?;
        let prediction = FramePlanes::of_picture(&compensate(&reference.picture, &field));
        let frame = FramePlanes::of_picture(picture);
        let known = Reference {
            prediction: &prediction,
            last_residual: reference.residual.as_ref(),
        };
        let tables = &self.tables;
        let latents = coder.compress(&frame, Some(known), quality, tables, encoder, device)?;
        Ok(self.finish(coder, latents, Some(&prediction), quality, shape, device))
    }

    /// Reads a frame that was coded from the one before.
    ///
    /// # Errors
    /// [`CodecError::NoInterFrames`] if the model has none, and [`CodecError`] if the symbols end
    /// early or are damaged.
    pub fn decompress_inter(
        &self,
        reference: &HybridFrame,
        quality: Quality,
        payload: &[u8],
        device: &B::Device,
    ) -> Result<HybridFrame, CodecError> {
        let coder = self.inter.as_ref().ok_or(CodecError::NoInterFrames)?;
        let shape = PictureShape::of(&reference.picture);
        let PictureSize { height, width } = shape.size;
        let mut decoder = SymbolDecoder::new(payload)?;
        let field = decode_field(width, height, &mut decoder)?;
        let prediction = FramePlanes::of_picture(&compensate(&reference.picture, &field));
        let known = Reference {
            prediction: &prediction,
            last_residual: reference.residual.as_ref(),
        };
        let blocks = [prediction.rows(), prediction.columns()];
        let tables = &self.tables;
        let latents =
            coder.decompress(blocks, Some(known), quality, tables, &mut decoder, device)?;
        decoder.finish()?;
        Ok(self.finish(coder, latents, Some(&prediction), quality, shape, device))
    }

    fn finish(
        &self,
        coder: &FrozenFrameCoder<B>,
        latents: FrameLatents,
        prediction: Option<&FramePlanes>,
        quality: Quality,
        PictureShape { size, maximum }: PictureShape,
        device: &B::Device,
    ) -> HybridFrame {
        let (frame, residual) = coder.reconstruct(latents, prediction, quality, device);
        HybridFrame {
            picture: frame.to_picture(size.width, size.height, maximum),
            residual: prediction.map(|_| residual),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PictureShape {
    size: PictureSize,
    maximum: u16,
}

impl PictureShape {
    fn of(picture: &Yuv420Picture) -> Self {
        let luma = &picture.planes[0];
        Self {
            size: PictureSize {
                height: luma.height(),
                width: luma.width(),
            },
            maximum: picture.maximum,
        }
    }
}

fn exact_layers<B: ModelBackend>(network: &HybridNetwork<B>) -> Vec<(String, &ExactConv2d<B>)> {
    let coders = [(KEY, Some(&network.key)), (INTER, network.inter.as_ref())];
    coders
        .into_iter()
        .filter_map(|(prefix, coder)| coder.map(|coder| (prefix, coder)))
        .flat_map(|(prefix, coder)| {
            let layers = coder.exact_layers().into_iter();
            layers.map(move |(name, layer)| (format!("{prefix}.{name}"), layer))
        })
        .collect()
}

fn exact_names<B: ModelBackend>(network: &HybridNetwork<B>) -> Vec<String> {
    let layers = exact_layers(network).into_iter();
    layers.map(|(name, _)| name).collect()
}
