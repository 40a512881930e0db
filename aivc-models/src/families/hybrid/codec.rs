use aivc_entropy::{SymbolDecoder, SymbolEncoder};

use super::coder::{
    CoderCounts, FrameCoder, FrameCoderConfig, FrameLatents, FrozenFrameCoder, Reference,
    WrittenFrame, table_names,
};
use super::frame::{HybridFrame, PictureShape};
use super::lookahead::{Importance, Lookahead};
use super::motion::{MotionSearch, Yuv420Picture, compensate, decode_field, encode_field};
use super::qualities::{QualityMap, choose_map, decode_map, encode_map};
use super::restoration::{
    Correction, FrozenRestoration, RestorationConfig, RestorationExample, Strengths,
};
use super::stages::{CodedMotion, CodedPicture, DecodedPicture};
use super::transform::{FramePlanes, MACROBLOCK};
use super::{CorrectionNetwork, HybridConfig, HybridNetwork};
use crate::backend::ModelBackend;
use crate::families::{CodecError, PictureSize, Rounding};
use crate::layers::{ExactConv2d, Quality};
use crate::weights::{ExactLayerBound, WeightsError, WeightsFile};

/// How often tables are fitted one after another.
const FITTING_PASSES: usize = 2;
/// Names of the two coders and of the restoration in a weights file.
const KEY: &str = "key";
const INTER: &str = "inter";
const RESTORATION: &str = "restoration";

/// A frozen hybrid model: codes 4:2:0 frames into symbol streams, each by itself or from the one
/// before, and decodes them to the same samples on every machine.
#[derive(Debug, Clone)]
pub struct HybridCodec<B: ModelBackend> {
    config: HybridConfig,
    key: FrozenFrameCoder<B>,
    inter: Option<FrozenFrameCoder<B>>,
    restoration: Option<FrozenRestoration<B>>,
    rounding: Rounding,
}

impl<B: ModelBackend> HybridCodec<B> {
    /// Freezes trained networks: exact layers to integers, other weights to 16-bit floats, steps
    /// and priors to tables.
    ///
    /// # Panics
    /// If a weight is not finite.
    pub fn freeze(config: HybridConfig, network: HybridNetwork<B>) -> Self {
        Self {
            config,
            key: FrozenFrameCoder::of_trained(network.key),
            inter: network.inter.map(FrozenFrameCoder::of_trained),
            restoration: network.restoration.map(FrozenRestoration::of_trained),
            rounding: Rounding::RateAware,
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
        let mut tables = table_names(KEY, &config.key);
        if let Some(inter) = &config.inter {
            tables.extend(table_names(INTER, inter));
        }
        let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
        let network = file.load_parameters(network, &exact, &tables, device)?;
        let inter = network.inter.zip(config.inter.as_ref());
        Ok(Self {
            key: FrozenFrameCoder::load(network.key, &config.key, KEY, file)?,
            inter: inter
                .map(|(inter, config)| FrozenFrameCoder::load(inter, config, INTER, file))
                .transpose()?,
            restoration: network
                .restoration
                .map(|network| FrozenRestoration::load(network, RESTORATION, file))
                .transpose()?,
            config,
            rounding: Rounding::RateAware,
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

    /// The codec with keyframes of a trained network in place of its own.
    ///
    /// # Panics
    /// If a weight is not finite.
    #[must_use]
    pub fn with_key(mut self, config: FrameCoderConfig, network: FrameCoder<B>) -> Self {
        self.config.key = config;
        self.key = FrozenFrameCoder::of_trained(network);
        self
    }

    /// The codec with the keyframes of another in place of its own, tables included.
    #[must_use]
    pub fn with_keyframes_of(mut self, other: &Self) -> Self {
        self.config.key = other.config.key.clone();
        self.key = other.key.clone();
        self
    }

    /// The codec with this trained restoration in place of its own, if it has one.
    ///
    /// # Panics
    /// If a weight is not finite.
    #[must_use]
    pub fn with_restoration(
        mut self,
        config: RestorationConfig,
        network: CorrectionNetwork<B>,
    ) -> Self {
        self.config.restoration = Some(config);
        self.restoration = Some(FrozenRestoration::of_trained(network));
        self
    }

    /// The codec with another rounding of the encoder's; [`Rounding::RateAware`] without.
    #[must_use]
    pub fn with_rounding(mut self, rounding: Rounding) -> Self {
        self.rounding = rounding;
        self
    }

    /// The codec with tables that fit what its encoder writes of these videos, frame after frame at these
    /// qualities and with knowledge of the frames to come: networks are trained with idealized
    /// distributions, of latents that are rounded to the nearest.
    ///
    /// # Panics
    /// If frames of a video differ in size or depth.
    ///
    /// # Errors
    /// [`CodecError::NoInterFrames`] if a video is longer than a frame and the model has none.
    pub fn fitted_to(
        mut self,
        videos: &[Vec<(Yuv420Picture, Quality)>],
        device: &B::Device,
    ) -> Result<Self, CodecError> {
        // What is written depends on the tables.
        for _ in 0..FITTING_PASSES {
            let (mut key, mut inter) = (CoderCounts::none(), CoderCounts::none());
            for video in videos {
                let mut last: Option<HybridFrame> = None;
                let mut lookahead = Lookahead::default();
                for (picture, _) in video {
                    lookahead.push(&picture.planes[0], picture.maximum);
                }
                for (picture, quality) in video {
                    let importance = lookahead.importance(video.len());
                    lookahead.pop();
                    let importance = importance.as_ref();
                    let coded = self.code(picture, last.as_ref(), *quality, importance, device)?;
                    let counts = match coded.motion {
                        None => &mut key,
                        Some(_) => &mut inter,
                    };
                    counts.add(&coded.frame);
                    let (decoded, _) = self.decoded(coded, device);
                    last = self.predicts().then_some(decoded.frame);
                }
            }
            self.key = self.key.fitted(&key);
            self.inter = self.inter.map(|coder| coder.fitted(&inter));
        }
        Ok(self)
    }

    /// The weights file of this codec.
    pub fn to_weights(&self, name: &str) -> WeightsFile {
        let mut file = WeightsFile::new("hybrid", name, &self.config);
        file.store_parameters(&self.network());
        self.key.store(KEY, &mut file);
        if let Some(inter) = &self.inter {
            inter.store(INTER, &mut file);
        }
        if let Some(restoration) = &self.restoration {
            restoration.store(RESTORATION, &mut file);
        }
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
            restoration: (self.restoration.as_ref()).map(|frozen| frozen.network().clone()),
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

    /// Codes a keyframe, of one quality or as its macroblocks matter to later frames.
    ///
    /// # Panics
    /// If the importance is of another size.
    ///
    /// # Errors
    /// [`CodecError::Encode`] if the symbol encoder refuses, which means damaged tables.
    pub fn compress_key(
        &self,
        picture: &Yuv420Picture,
        quality: Quality,
        importance: Option<&Importance>,
        encoder: &mut SymbolEncoder,
        device: &B::Device,
    ) -> Result<HybridFrame, CodecError> {
        self.compress(picture, None, quality, importance, encoder, device)
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
        let map = decode_map(quality, blocks, None, &mut decoder)?;
        let latents = self.key.decompress(&map, None, &mut decoder, device)?;
        // Networks behind this cost the most: damage is found before them.
        decoder.finish()?;
        let shape = PictureShape { size, maximum };
        let decoded = self.finish(&self.key, latents, None, map, shape, device);
        Ok(decoded.frame)
    }

    /// Codes a frame from the one before, of one quality or as its macroblocks matter to later frames.
    ///
    /// # Panics
    /// If the frames differ in size or depth, or the importance in size.
    ///
    /// # Errors
    /// [`CodecError::NoInterFrames`] if the model has none, and [`CodecError::Encode`].
    pub fn compress_inter(
        &self,
        picture: &Yuv420Picture,
        reference: &HybridFrame,
        quality: Quality,
        importance: Option<&Importance>,
        encoder: &mut SymbolEncoder,
        device: &B::Device,
    ) -> Result<HybridFrame, CodecError> {
        self.compress(
            picture,
            Some(reference),
            quality,
            importance,
            encoder,
            device,
        )
    }

    /// Codes a frame, from the one before if there is one, and tells what would be written of it beside the
    /// motion and the map of qualities: what distributions can learn from.
    ///
    /// # Panics
    /// If the frames differ in size or depth, or the importance in size.
    ///
    /// # Errors
    /// [`CodecError::NoInterFrames`] if there is a reference and the model has no inter frames.
    pub fn record(
        &self,
        picture: &Yuv420Picture,
        reference: Option<&HybridFrame>,
        quality: Quality,
        importance: Option<&Importance>,
        device: &B::Device,
    ) -> Result<(HybridFrame, WrittenFrame), CodecError> {
        let coded = self.code(picture, reference, quality, importance, device)?;
        let known = coded.motion.as_ref().map(|motion| Reference {
            prediction: &motion.prediction,
            last_residual: reference.and_then(|reference| reference.residual.as_ref()),
        });
        let coder = self.coder(&coded);
        let written = coder.written(&coded.frame, known, &coded.map);
        Ok((self.decoded(coded, device).0.frame, written))
    }

    /// Codes a frame, from the one before if there is one, and tells of inter frames what restoration can learn
    /// from.
    ///
    /// # Panics
    /// If the frames differ in size or depth, or the importance in size.
    ///
    /// # Errors
    /// [`CodecError::NoInterFrames`] if there is a reference and the model has no inter frames.
    pub fn record_decoded(
        &self,
        picture: &Yuv420Picture,
        reference: Option<&HybridFrame>,
        quality: Quality,
        importance: Option<&Importance>,
        device: &B::Device,
    ) -> Result<(HybridFrame, Option<RestorationExample>), CodecError> {
        let coded = self.code(picture, reference, quality, importance, device)?;
        let (decoded, original) = self.decoded(coded, device);
        let steps = self.inter.as_ref().map(FrozenFrameCoder::plane_steps);
        let unrestored = steps.as_ref();
        let unrestored = unrestored.and_then(|steps| decoded.before_restoration(steps));
        let example = unrestored.map(|unrestored| unrestored.example(&original));
        Ok((decoded.frame, example))
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
        let field = decode_field(width, height, quality, &mut decoder)?;
        let before = Some((&reference.map, &field));
        let blocks = reference.map.macroblocks();
        let map = decode_map(quality, blocks, before, &mut decoder)?;
        let prediction = FramePlanes::of_picture(&compensate(&reference.picture, &field));
        let known = Reference {
            prediction: &prediction,
            last_residual: reference.residual.as_ref(),
        };
        let latents = coder.decompress(&map, Some(known), &mut decoder, device)?;
        let restoration = self.restoration.as_ref();
        let strengths = restoration.map(|_| Strengths::decode(reference.strengths, &mut decoder));
        let strengths = strengths.transpose()?;
        decoder.finish()?;
        let decoded = self.finish(coder, latents, Some(prediction), map, shape, device);
        let Some(strengths) = strengths else {
            return Ok(decoded.frame);
        };
        let some = !strengths.is_none();
        let correction = some.then(|| self.correction(&decoded, device));
        Ok(decoded.restored(strengths, correction.flatten()))
    }

    fn compress(
        &self,
        picture: &Yuv420Picture,
        reference: Option<&HybridFrame>,
        quality: Quality,
        importance: Option<&Importance>,
        encoder: &mut SymbolEncoder,
        device: &B::Device,
    ) -> Result<HybridFrame, CodecError> {
        let coded = self.code(picture, reference, quality, importance, device)?;
        let field = coded.motion.as_ref().map(|motion| &motion.field);
        if let Some(field) = field {
            encode_field(field, quality, encoder)?;
        }
        let before = reference.map(|reference| &reference.map).zip(field);
        encode_map(&coded.map, before, encoder)?;
        self.coder(&coded).write(&coded.frame, encoder)?;
        let (decoded, original) = self.decoded(coded, device);
        let Some(correction) = self.correction(&decoded, device) else {
            return Ok(decoded.frame);
        };
        let before = reference.and_then(|reference| reference.strengths);
        let strengths = Strengths::best(&original, &decoded.planes, &correction, before);
        strengths.encode(before, encoder)?;
        Ok(decoded.restored(strengths, Some(correction)))
    }

    /// The motion of a picture, its qualities and its symbols.
    fn code(
        &self,
        picture: &Yuv420Picture,
        reference: Option<&HybridFrame>,
        quality: Quality,
        importance: Option<&Importance>,
        device: &B::Device,
    ) -> Result<CodedPicture, CodecError> {
        let shape = PictureShape::of(picture);
        let original = FramePlanes::of_picture(picture);
        let blocks = [original.rows(), original.columns()];
        let map = |before| match importance {
            Some(importance) => choose_map(quality, blocks, importance, before),
            None => QualityMap::uniform(quality, blocks),
        };
        let Some(reference) = reference else {
            let map = map(None);
            let key = &self.key;
            let frame = key.compress(&original, None, &map, self.rounding, device)?;
            return Ok(CodedPicture {
                shape,
                original,
                map,
                motion: None,
                frame,
            });
        };
        let coder = self.inter.as_ref().ok_or(CodecError::NoInterFrames)?;
        assert_eq!(
            shape,
            PictureShape::of(&reference.picture),
            "frames of one video"
        );
        let field = MotionSearch::at_quality(quality).estimate(
            &picture.planes[0],
            &reference.picture.planes[0],
            picture.maximum,
        );
        let prediction = FramePlanes::of_picture(&compensate(&reference.picture, &field));
        let known = Reference {
            prediction: &prediction,
            last_residual: reference.residual.as_ref(),
        };
        let map = map(Some((&reference.map, &field)));
        let frame = coder.compress(&original, Some(known), &map, self.rounding, device)?;
        Ok(CodedPicture {
            shape,
            original,
            map,
            motion: Some(CodedMotion { field, prediction }),
            frame,
        })
    }

    fn coder(&self, coded: &CodedPicture) -> &FrozenFrameCoder<B> {
        let inter = self.inter.as_ref().filter(|_| coded.motion.is_some());
        inter.unwrap_or(&self.key)
    }

    /// What decoders make of a picture, beside the original.
    fn decoded(&self, coded: CodedPicture, device: &B::Device) -> (DecodedPicture, FramePlanes) {
        let coder = self.coder(&coded);
        let prediction = coded.motion.map(|motion| motion.prediction);
        let latents = coded.frame.into_latents();
        let decoded = self.finish(coder, latents, prediction, coded.map, coded.shape, device);
        (decoded, coded.original)
    }

    fn finish(
        &self,
        coder: &FrozenFrameCoder<B>,
        latents: FrameLatents,
        prediction: Option<FramePlanes>,
        map: QualityMap,
        shape: PictureShape,
        device: &B::Device,
    ) -> DecodedPicture {
        let (planes, residual) = coder.reconstruct(latents, prediction.as_ref(), &map, device);
        let frame = HybridFrame {
            picture: shape.picture_of(&planes),
            restored: None,
            strengths: None,
            residual: prediction.is_some().then_some(residual),
            map,
        };
        DecodedPicture {
            planes,
            prediction,
            frame,
        }
    }

    /// What restoration would add to a frame; none of keyframes, and without a restoration.
    fn correction(&self, decoded: &DecodedPicture, device: &B::Device) -> Option<Correction> {
        let (restoration, coder) = self.restoration.as_ref().zip(self.inter.as_ref())?;
        let steps = coder.plane_steps();
        let unrestored = decoded.before_restoration(&steps)?;
        Some(restoration.correction(&unrestored, device))
    }
}

fn exact_layers<B: ModelBackend>(network: &HybridNetwork<B>) -> Vec<(String, &ExactConv2d<B>)> {
    let mut parts = vec![(KEY, network.key.exact_layers())];
    if let Some(inter) = &network.inter {
        parts.push((INTER, inter.exact_layers()));
    }
    if let Some(restoration) = &network.restoration {
        parts.push((RESTORATION, restoration.exact_layers()));
    }
    let named = |(prefix, layers): (&str, Vec<(String, _)>)| {
        let layers = layers.into_iter();
        layers
            .map(move |(name, layer)| (format!("{prefix}.{name}"), layer))
            .collect::<Vec<_>>()
    };
    parts.into_iter().flat_map(named).collect()
}

fn exact_names<B: ModelBackend>(network: &HybridNetwork<B>) -> Vec<String> {
    let layers = exact_layers(network).into_iter();
    layers.map(|(name, _)| name).collect()
}
