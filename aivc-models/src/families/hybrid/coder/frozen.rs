use aivc_entropy::{SymbolDecoder, SymbolEncoder};
use burn::tensor::{Tensor, TensorData};

use super::balance::chroma_prices;
use super::features::{STEP_UNITS, UNKNOWN_SIZE, signed_feature, size_feature};
use super::frozen_hyper::{FrozenHyperPrior, hyper_names, store_of_qualities};
use super::passes::code_passes;
use super::steps::{FrozenSteps, LEVEL_UNITS, PlaneSteps, whitening};
use super::tables::{CodedSymbols, SymbolCounts, SymbolTables};
use super::{FrameCoder, FrameCoderConfig, WrittenFrame};
use crate::backend::ModelBackend;
use crate::families::CodecError;
use crate::families::hybrid::formats::{CORRECTION, FEATURE, HYPER_LATENT};
use crate::families::hybrid::qualities::{Qualities, QualityMap};
use crate::families::hybrid::transform::{
    CoefficientPlanes, DETAIL_CHANNELS, FramePlanes, FrameTensors, LATENT_CHANNELS, MACROBLOCK,
    SIXTEENTHS, latent_of,
};
use crate::families::rate_aware::Rounding;
use crate::families::symbols::{host, to_integers};
use crate::layers::{ExactConv2d, QUALITY_LEVELS, round_half_up};
use crate::weights::{WeightsError, WeightsFile, round_to_half};

/// Residuals are clamped to this before they are coded: far beyond what a frame gives.
const RESIDUAL_LIMIT: f32 = 32_767.0;

/// A frame coder whose networks are frozen: what encoders and decoders run.
#[derive(Debug, Clone)]
pub struct FrozenFrameCoder<B: ModelBackend> {
    network: FrameCoder<B>,
    steps: FrozenSteps,
    hyper: Option<FrozenHyperPrior>,
    latents: SymbolTables,
}

/// The latents of a decoded frame, in sixteenths of a quantization step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FrameLatents(CoefficientPlanes);

/// The coefficients that a frame adds to its prediction, in sixteenths of a level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FrameResidual(CoefficientPlanes);

/// What inter frames go by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reference<'a> {
    /// The motion-compensated frame.
    pub prediction: &'a FramePlanes,
    /// The residual of the frame before, if that is no keyframe.
    pub last_residual: Option<&'a FrameResidual>,
}

/// A frame's symbols, and what they mean.
#[derive(Debug, Clone)]
pub(crate) struct CodedFrame {
    hyper: Option<CodedSymbols>,
    /// All groups, one after another.
    latents: CodedSymbols,
    values: FrameLatents,
}

/// What a coder's symbols were counted to be.
#[derive(Debug, Clone)]
pub(crate) struct CoderCounts {
    hyper: SymbolCounts,
    latents: SymbolCounts,
}

impl<B: ModelBackend> FrozenFrameCoder<B> {
    /// Freezes a trained network: exact layers to integers, other weights to 16-bit floats, steps
    /// and prior to tables.
    pub(crate) fn of_trained(network: FrameCoder<B>) -> Self {
        let names: Vec<String> = network
            .exact_layers()
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let network = round_to_half(network, &names);
        let Ok(network) =
            network.map_exact(|_, layer| Ok::<_, std::convert::Infallible>(layer.freeze()));
        Self {
            steps: network.steps.freeze(),
            hyper: network.hyper.as_ref().map(FrozenHyperPrior::of_trained),
            latents: SymbolTables::of_latents(),
            network,
        }
    }

    /// The network with the integers of a weights file, where its names begin with `prefix`.
    pub(crate) fn load(
        network: FrameCoder<B>,
        config: &FrameCoderConfig,
        prefix: &str,
        file: &WeightsFile,
    ) -> Result<Self, WeightsError> {
        let network =
            network.map_exact(|name, layer| file.load_exact(&format!("{prefix}.{name}"), layer))?;
        let qualities = usize::from(QUALITY_LEVELS);
        let [latent, correction] = step_names(prefix);
        let of_corrections = || file.integers(&correction, &[qualities, DETAIL_CHANNELS]);
        let steps = FrozenSteps {
            latent: file.integers(&latent, &[qualities, LATENT_CHANNELS])?,
            correction: (!config.predicts).then(of_corrections).transpose()?,
        };
        if !steps.in_range() {
            return Err(WeightsError::OutOfRange { name: latent });
        }
        let hyper = (config.hyper > 0).then(|| FrozenHyperPrior::load(config.hyper, prefix, file));
        Ok(Self {
            network,
            steps,
            hyper: hyper.transpose()?,
            latents: SymbolTables::load(&latent_tables_name(prefix), file)?,
        })
    }

    /// Stores integers and tables, over the floats of the network that are in the file already.
    pub(crate) fn store(&self, prefix: &str, file: &mut WeightsFile) {
        for (name, layer) in self.exact_layers() {
            file.store_exact(&format!("{prefix}.{name}"), &layer.to_dyadic());
        }
        let [latent, correction] = step_names(prefix);
        store_of_qualities(&latent, &self.steps.latent, file);
        if let Some(steps) = &self.steps.correction {
            store_of_qualities(&correction, steps, file);
        }
        if let Some(hyper) = &self.hyper {
            hyper.store(prefix, file);
        }
        self.latents.store(&latent_tables_name(prefix), file);
    }

    /// The coder with tables that fit what was counted.
    pub(crate) fn fitted(mut self, counts: &CoderCounts) -> Self {
        self.latents = self.latents.fitted(&counts.latents);
        self.hyper = self.hyper.map(|hyper| hyper.fitted(&counts.hyper));
        self
    }

    /// The frozen network.
    pub fn network(&self) -> &FrameCoder<B> {
        &self.network
    }

    /// The exact layers with the names of their fields.
    pub(crate) fn exact_layers(&self) -> Vec<(String, &ExactConv2d<B>)> {
        self.network.exact_layers()
    }

    /// The symbols of a frame: of ẑ first, if there is one, then of the latents group by group.
    ///
    /// # Errors
    /// None of its own: coding a group may fail, rounding it does not.
    pub(crate) fn compress(
        &self,
        frame: &FramePlanes,
        reference: Option<Reference<'_>>,
        map: &QualityMap,
        rounding: Rounding,
        device: &B::Device,
    ) -> Result<CodedFrame, CodecError> {
        let qualities = Qualities::Map(map);
        let context = self.context(reference, map, device);
        let y = self.scaled_latent(frame, reference, map, device);
        let z = self
            .network
            .hyper_latent(y.clone(), context.clone(), qualities);
        let z_hat = z.map(|z| {
            let reach = HYPER_LATENT.maximum as f32;
            round_half_up(z.clamp(-reach, reach))
        });
        let hyper = self.hyper.as_ref().zip(z_hat.clone());
        let hyper = hyper.map(|(prior, z_hat)| prior.code(map.quality(), z_hat));
        let known = self.network.known(z_hat, context, qualities, &y);
        let [_, _, rows, columns] = y.dims();
        let y = host(y);
        let steps = self.steps.of_planes(map.quality().level().into());
        let chroma = reference.map_or([1.0; 2], |reference| {
            chroma_prices(frame, reference.prediction, steps)
        });
        let prices = self.steps.prices_of_latents(map, chroma);
        let mut latents = CodedSymbols::default();
        let parameters = &self.network.parameters;
        let values = code_passes(parameters, known, [rows, columns], device, |pass| {
            let means = pass
                .means
                .iter()
                .map(|&mean| mean as f32 / STEP_UNITS as f32);
            let residuals: Vec<f32> = pass
                .positions
                .iter()
                .zip(means)
                .map(|(&position, mean)| {
                    (y[position] - mean).clamp(-RESIDUAL_LIMIT, RESIDUAL_LIMIT)
                })
                .collect();
            let prices = pass.positions.iter().map(|&position| prices[position]);
            let symbols = self
                .latents
                .round(&residuals, &pass.indices, prices, rounding);
            latents.indices.extend(&pass.indices);
            latents.symbols.extend(&symbols);
            Ok(symbols)
        })?;
        Ok(CodedFrame {
            hyper,
            latents,
            values: FrameLatents(values),
        })
    }

    /// What was written of a frame, to learn from.
    pub(crate) fn written(
        &self,
        coded: &CodedFrame,
        reference: Option<Reference<'_>>,
        map: &QualityMap,
    ) -> WrittenFrame {
        let narrow = |values: &[i32]| -> Vec<i16> {
            let limits = (i32::from(i16::MIN), i32::from(i16::MAX));
            let narrow = |&value: &i32| value.clamp(limits.0, limits.1) as i16;
            values.iter().map(narrow).collect()
        };
        let FrameLatents(latents) = &coded.values;
        let hyper = self.hyper.as_ref().zip(coded.hyper.as_ref());
        let hyper_bits = hyper.map(|(prior, hyper)| hyper.bits(prior.set()));
        let hyper = hyper.map(|(prior, hyper)| prior.values(map.quality(), hyper));
        let features = reference.map(|reference| self.context_features(reference, map));
        let levels = map.levels();
        let levels = levels.values().iter().map(|&level| level as u8);
        WrittenFrame {
            macroblocks: [latents.rows, latents.columns],
            levels: levels.collect(),
            features: narrow(&features.unwrap_or_default()),
            hyper_latent: narrow(&hyper.unwrap_or_default()),
            latent: narrow(&latents.values),
            bits: coded.latents.bits(self.latents.set()) + hyper_bits.unwrap_or(0.0),
        }
    }

    /// Writes a frame's symbols.
    ///
    /// # Errors
    /// [`CodecError::Encode`] if the symbol encoder refuses, which means damaged tables.
    pub(crate) fn write(
        &self,
        coded: &CodedFrame,
        encoder: &mut SymbolEncoder,
    ) -> Result<(), CodecError> {
        if let Some((prior, hyper)) = self.hyper.as_ref().zip(coded.hyper.as_ref()) {
            encoder.encode(prior.set(), &hyper.indices, &hyper.symbols)?;
        }
        let latents = &coded.latents;
        encoder.encode(self.latents.set(), &latents.indices, &latents.symbols)?;
        Ok(())
    }

    /// Reads the latents of a frame.
    ///
    /// # Errors
    /// [`CodecError`] if the symbols end early or are damaged.
    pub(crate) fn decompress(
        &self,
        map: &QualityMap,
        reference: Option<Reference<'_>>,
        decoder: &mut SymbolDecoder<'_>,
        device: &B::Device,
    ) -> Result<FrameLatents, CodecError> {
        let [rows, columns] = map.macroblocks();
        let context = self.context(reference, map, device);
        let hyper = self.hyper.as_ref();
        let z_hat =
            hyper.map(|prior| prior.decode([rows, columns], map.quality(), decoder, device));
        let like = Tensor::<B, 4>::zeros([1, 1, rows, columns], device);
        let known = self
            .network
            .known(z_hat.transpose()?, context, Qualities::Map(map), &like);
        let parameters = &self.network.parameters;
        let latents = code_passes(parameters, known, [rows, columns], device, |pass| {
            let mut symbols = vec![0; pass.indices.len()];
            decoder.decode(self.latents.set(), &pass.indices, &mut symbols)?;
            Ok(symbols)
        })?;
        Ok(FrameLatents(latents))
    }

    /// The decoded frame of latents, and its residual.
    pub(crate) fn reconstruct(
        &self,
        latents: FrameLatents,
        prediction: Option<&FramePlanes>,
        map: &QualityMap,
        device: &B::Device,
    ) -> (FramePlanes, FrameResidual) {
        let residual = self.residual(latents, map);
        let grey = FramePlanes::grey(residual.rows, residual.columns);
        let mut coefficients = prediction.unwrap_or(&grey).latent();
        let values = coefficients.values.iter_mut().zip(&residual.values);
        values.for_each(|(coefficient, residual)| *coefficient += residual);
        let unrefined = FramePlanes::of_latent(&coefficients);
        let frame = match self.correction(&unrefined, map, device) {
            Some(correction) => unrefined.plus(&FramePlanes::of_detail(&correction)),
            None => unrefined,
        };
        (frame, FrameResidual(residual))
    }

    /// The steps of the planes at each level.
    pub(crate) fn plane_steps(&self) -> Vec<PlaneSteps> {
        let levels = 0..usize::from(QUALITY_LEVELS);
        levels.map(|level| self.steps.of_planes(level)).collect()
    }

    /// Latents in sixteenths of a level.
    fn residual(
        &self,
        FrameLatents(mut latents): FrameLatents,
        map: &QualityMap,
    ) -> CoefficientPlanes {
        for (value, step) in latents.values.iter_mut().zip(self.steps.of_latents(map)) {
            // Sixteenths of a step times 1/256 of a level are 1/4096 of a level; no sum of
            // useful size is cut off by the clamp.
            let half = i64::from(LEVEL_UNITS / 2);
            let product = (i64::from(*value) * i64::from(step) + half) / i64::from(LEVEL_UNITS);
            *value = product.clamp(-(1 << 20), 1 << 20) as i32;
        }
        latents
    }

    /// What the refinement adds, in sixteenths of a level.
    fn correction(
        &self,
        unrefined: &FramePlanes,
        map: &QualityMap,
        device: &B::Device,
    ) -> Option<CoefficientPlanes> {
        let refinement = self.network.refinement.as_ref()?;
        let steps = self.steps.of_corrections(map)?;
        let inputs = whitened(unrefined);
        let (rows, columns) = (2 * unrefined.rows(), 2 * unrefined.columns());
        let shape = [1, DETAIL_CHANNELS, rows, columns];
        let detail = from_units(inputs, shape, FEATURE.step(), device);
        let quality = Qualities::Map(map).plane(&detail);
        let correction = refinement.forward(Tensor::cat(vec![detail, quality], 1));
        let mut values = to_integers(correction / CORRECTION.step());
        for (value, step) in values.iter_mut().zip(steps) {
            // From 1/32 of a step, which counts in 1/256 of a level, to sixteenths of a level.
            *value = (*value * step + (1 << 8)) >> 9;
        }
        Some(CoefficientPlanes {
            channels: DETAIL_CHANNELS,
            rows,
            columns,
            values,
        })
    }

    /// What prediction and last residual tell.
    fn context(
        &self,
        reference: Option<Reference<'_>>,
        map: &QualityMap,
        device: &B::Device,
    ) -> Option<Tensor<B, 4>> {
        let (network, reference) = self.network.context.as_ref().zip(reference)?;
        let (rows, columns) = (reference.prediction.rows(), reference.prediction.columns());
        let shape = [1, 3 * LATENT_CHANNELS, rows, columns];
        let features = self.context_features(reference, map);
        let features = from_units(features, shape, FEATURE.step(), device);
        let quality = Qualities::Map(map).plane(&features);
        Some(network.forward(Tensor::cat(vec![features, quality], 1)))
    }

    /// Sizes and signed sizes of the prediction's coefficients, and sizes of the last residual, in units of
    /// [`FEATURE`].
    fn context_features(&self, reference: Reference<'_>, map: &QualityMap) -> Vec<i32> {
        let prediction = self.in_steps(reference.prediction.latent(), map);
        let prediction = &prediction.values;
        let last: Vec<i32> = match reference.last_residual {
            Some(FrameResidual(last)) => {
                let last = self.in_steps(last.clone(), map).values.into_iter();
                last.map(size_feature).collect()
            }
            None => vec![UNKNOWN_SIZE; prediction.len()],
        };
        let features = prediction.iter().map(|&value| size_feature(value));
        let features = features.chain(prediction.iter().map(|&value| signed_feature(value)));
        features.chain(last).collect()
    }

    /// From sixteenths of a level to sixteenths of a step.
    fn in_steps(&self, mut coefficients: CoefficientPlanes, map: &QualityMap) -> CoefficientPlanes {
        let values = coefficients.values.iter_mut();
        for (value, step) in values.zip(self.steps.of_latents(map)) {
            *value = in_steps(*value, step);
        }
        coefficients
    }

    /// `y`, in steps; of the encoder alone.
    fn scaled_latent(
        &self,
        frame: &FramePlanes,
        reference: Option<Reference<'_>>,
        map: &QualityMap,
        device: &B::Device,
    ) -> Tensor<B, 4> {
        let frames = to_tensors(frame, device);
        let prediction = reference.map(|reference| to_tensors(reference.prediction, device));
        let base = prediction.clone().unwrap_or_else(|| frames.grey_like());
        let [rows, columns] = map.macroblocks();
        let steps = self.steps.of_latents(map);
        let steps = steps
            .into_iter()
            .map(|step| step as f32 / LEVEL_UNITS as f32);
        let steps: Vec<f32> = steps.collect();
        let steps = TensorData::new(steps, [1, LATENT_CHANNELS, rows, columns]);
        let steps = Tensor::from_data(steps, device);
        let base = (latent_of(base), steps);
        self.network
            .latent(&frames, prediction.as_ref(), base, Qualities::Map(map))
    }
}

/// A value in sixteenths of a level as sixteenths of a step, which counts in 1/256 of a level: rounded to the
/// nearest, halves up.
fn in_steps(value: i32, step: i32) -> i32 {
    let numerator = value * LEVEL_UNITS + step / 2;
    // Vectors can divide doubles, but no integers. What lies below a whole number lies 2^-16 below it at least, so
    // that the quotient is rounded to none, and up to 2^31 there is room for that in 53 bits.
    const ABOVE_ZERO: f64 = (1u32 << 31) as f64;
    let quotient = f64::from(numerator) / f64::from(step) + ABOVE_ZERO;
    (quotient as i64 - (1 << 31)) as i32
}

impl CodedFrame {
    /// What the symbols mean.
    pub fn into_latents(self) -> FrameLatents {
        self.values
    }
}

impl CoderCounts {
    pub fn none() -> Self {
        Self {
            hyper: SymbolCounts::none(),
            latents: SymbolCounts::none(),
        }
    }

    pub fn add(&mut self, frame: &CodedFrame) {
        if let Some(hyper) = &frame.hyper {
            self.hyper.add(hyper);
        }
        self.latents.add(&frame.latents);
    }
}

/// Names of a coder's integers and tables beside the exact layers.
pub(crate) fn table_names(prefix: &str, config: &FrameCoderConfig) -> Vec<String> {
    let [latent, correction] = step_names(prefix);
    let mut names = vec![latent, latent_tables_name(prefix)];
    if !config.predicts {
        names.push(correction);
    }
    if config.hyper > 0 {
        names.extend(hyper_names(prefix));
    }
    names
}

/// Steps of latents and corrections.
fn step_names(prefix: &str) -> [String; 2] {
    ["latent_steps", "correction_steps"].map(|name| format!("tables.{prefix}.{name}"))
}

fn latent_tables_name(prefix: &str) -> String {
    format!("tables.{prefix}.latents")
}

/// Whitened detail coefficients of a frame, in units of [`FEATURE`].
fn whitened(frame: &FramePlanes) -> Vec<i32> {
    let detail = frame.detail();
    let area = detail.rows * detail.columns;
    let channels = detail.values.chunks_exact(area).zip(whitening());
    let units = channels.flat_map(|(channel, bits)| {
        channel.iter().map(move |&value| {
            let unit = (value + (1 << bits >> 1)) >> bits;
            unit.clamp(FEATURE.minimum, FEATURE.maximum)
        })
    });
    units.collect()
}

/// Integers as values of a format with this step.
pub(crate) fn from_units<B: ModelBackend>(
    units: Vec<i32>,
    shape: [usize; 4],
    step: f32,
    device: &B::Device,
) -> Tensor<B, 4> {
    let values: Vec<f32> = units.into_iter().map(|unit| unit as f32 * step).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// A frame as tensors, in levels.
pub(crate) fn to_tensors<B: ModelBackend>(
    frame: &FramePlanes,
    device: &B::Device,
) -> FrameTensors<B> {
    let [luma, blue, red] = frame.values();
    let levels = |values: &mut dyn Iterator<Item = &i32>| -> Vec<f32> {
        values.map(|&v| v as f32 / SIXTEENTHS as f32).collect()
    };
    let (height, width) = (frame.rows() * MACROBLOCK, frame.columns() * MACROBLOCK);
    let luma = TensorData::new(levels(&mut luma.iter()), [1, 1, height, width]);
    let chroma = levels(&mut blue.iter().chain(red));
    let chroma = TensorData::new(chroma, [1, 2, height / 2, width / 2]);
    FrameTensors {
        luma: Tensor::from_data(luma, device),
        chroma: Tensor::from_data(chroma, device),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_counted_as_integer_division_counts_them() {
        let steps = [16, 17, 255, 256, 1_001, 32_768, 65_535];
        let values = (-3_000..3_000).chain([-8_388_607, -1_048_577, 524_287, 8_388_606]);
        for value in values {
            for step in steps {
                let exact = (value * LEVEL_UNITS + step / 2).div_euclid(step);
                assert_eq!(in_steps(value, step), exact, "{value} {step}");
            }
        }
    }
}
