use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::checkerboard::first_places;
use super::features::{UNKNOWN_SIZE, signed_features, size_features};
use super::steps::whitening;
use super::{
    Analysis, FrameCoderConfig, HyperLatent, LatentParameters, StepSizes, TemporalContext,
    WrittenLatents,
};
use crate::backend::ModelBackend;
use crate::families::Quantization;
use crate::families::hybrid::correction::CorrectionNetwork;
use crate::families::hybrid::formats::{FEATURE, HYPER_LATENT};
use crate::families::hybrid::qualities::Qualities;
use crate::families::hybrid::transform::{
    FrameTensors, GROUPS, detail_of, frame_of_detail, frame_of_latent, group, latent_of,
};
use crate::layers::{
    ExactConv2d, Quality, add_uniform_noise, round_straight_through, straight_through,
};
use crate::priors::{GaussianConditional, LogisticConditional};

/// The name of the refinement's field.
const REFINEMENT: &str = "refinement";
/// How much finer than a frame's coefficients a difference from the prediction is seen.
pub(super) const DIFFERENCE_BITS: u32 = 2;

/// The trainable coder of frames; see the [module](super).
#[derive(Module, Debug)]
pub struct FrameCoder<B: Backend> {
    pub(super) analysis: Analysis<B>,
    pub(super) hyper: Option<HyperLatent<B>>,
    pub(super) context: Option<TemporalContext<B>>,
    pub(super) parameters: LatentParameters<B>,
    pub(super) refinement: Option<CorrectionNetwork<B>>,
    pub(super) steps: StepSizes<B>,
}

/// What [`FrameCoder::forward`] gives.
#[derive(Debug, Clone)]
pub struct FrameCoderOutput<B: Backend> {
    /// The decoded frames, not clamped or rounded.
    pub reconstruction: FrameTensors<B>,
    /// Estimated bits of each frame, `[batch]`; those of the motion are not among them.
    pub bits: Tensor<B, 1>,
    /// The coefficients that were added to the prediction, in levels, for the next frame.
    pub residual: Tensor<B, 4>,
}

/// What inter frames go by.
#[derive(Debug, Clone)]
pub struct Prediction<B: Backend> {
    /// The motion-compensated reference.
    pub frames: FrameTensors<B>,
    /// The residual of the frame before, in levels, `[batch, 384, height/16, width/16]`; none if that
    /// is a keyframe.
    pub last_residual: Option<Tensor<B, 4>>,
}

impl FrameCoderConfig {
    /// The trainable network, its transform a cosine transform.
    pub fn init<B: Backend>(&self, device: &B::Device) -> FrameCoder<B> {
        FrameCoder {
            analysis: self.init_analysis(device),
            hyper: self.init_hyper(device),
            context: self.init_context(device),
            parameters: self.init_parameters(device),
            refinement: self.init_refinement(device),
            steps: StepSizes::init(!self.predicts, device),
        }
    }
}

impl<B: Backend> FrameCoder<B> {
    /// The exact layers with the names of their fields.
    pub(crate) fn exact_layers(&self) -> Vec<(String, &ExactConv2d<B>)> {
        let named = |(name, layer): (&str, _)| (String::from(name), layer);
        let mut layers: Vec<_> = Vec::new();
        if let Some(hyper) = &self.hyper {
            layers.extend(hyper.synthesis.exact_layers().map(named));
        }
        if let Some(context) = &self.context {
            layers.extend(context.exact_layers().map(named));
        }
        layers.extend(self.parameters.exact_layers());
        if let Some(refinement) = &self.refinement {
            let named = |(name, layer)| (format!("{REFINEMENT}.{name}"), layer);
            layers.extend(refinement.exact_layers().into_iter().map(named));
        }
        layers
    }

    /// The trainable network of a frozen one, to be trained further.
    #[must_use]
    pub fn thaw(self) -> Self {
        let Ok(network) =
            self.map_exact(|_, layer| Ok::<_, std::convert::Infallible>(layer.thaw()));
        network
    }

    /// The network with its exact layers replaced.
    ///
    /// # Errors
    /// Those of `map`.
    pub(super) fn map_exact<E>(
        self,
        mut map: impl FnMut(&str, ExactConv2d<B>) -> Result<ExactConv2d<B>, E>,
    ) -> Result<Self, E> {
        Ok(Self {
            hyper: self
                .hyper
                .map(|hyper| {
                    Ok(HyperLatent {
                        synthesis: hyper.synthesis.map_exact(&mut map)?,
                        ..hyper
                    })
                })
                .transpose()?,
            context: self
                .context
                .map(|context| context.map_exact(&mut map))
                .transpose()?,
            parameters: self.parameters.map_exact(&mut map)?,
            refinement: self
                .refinement
                .map(|refinement| {
                    refinement.map_exact(|name, layer| map(&format!("{REFINEMENT}.{name}"), layer))
                })
                .transpose()?,
            ..self
        })
    }
}

impl<B: ModelBackend> FrameCoder<B> {
    /// Codes a batch without making a stream.
    ///
    /// With [`Quantization::Noise`] the bits are those of noisy latents, while the decoder's part
    /// sees rounded ones with straight-through gradients.
    ///
    /// # Panics
    /// If there are not as many qualities as frames, height or width is no multiple of 16, or there
    /// is a prediction where none was configured or the other way round.
    pub fn forward(
        &self,
        frames: FrameTensors<B>,
        prediction: Option<Prediction<B>>,
        qualities: &[Quality],
        quantization: Quantization,
    ) -> FrameCoderOutput<B> {
        assert_eq!(self.context.is_some(), prediction.is_some(), "prediction");
        let coded = |values: Tensor<B, 4>, rounded: &Tensor<B, 4>| match quantization {
            Quantization::Noise => add_uniform_noise(values),
            Quantization::Round => rounded.clone(),
        };
        let of_frames = Qualities::Frames(qualities);
        let steps = self.steps.latent(qualities);
        let predicted = prediction
            .as_ref()
            .map_or_else(|| frames.grey_like(), |p| p.frames.clone());
        let base = latent_of(predicted.clone());
        let context =
            prediction
                .as_ref()
                .zip(self.context.as_ref())
                .map(|(prediction, network)| {
                    let steps = steps.clone().detach();
                    let scaled = base.clone() / steps.clone();
                    let last = prediction.last_residual.clone();
                    let last = last.map(|residual| residual / steps);
                    network.forward(context_features(scaled, last, of_frames))
                });
        let y = self.latent(
            &frames,
            prediction.as_ref().map(|p| &p.frames),
            (base.clone(), steps.clone()),
            of_frames,
        );

        let z = self.hyper_latent(y.clone(), context.clone(), of_frames);
        let z_hat = z.clone().map(|z| {
            let (low, high) = (HYPER_LATENT.minimum as f32, HYPER_LATENT.maximum as f32);
            round_straight_through(z.clamp(low, high))
        });
        let z_coded = z.zip(z_hat.as_ref()).map(|(z, z_hat)| coded(z, z_hat));
        let hyper_bits = self.hyper_bits(z_coded, qualities, &y.device());
        let known = self.known(z_hat, context, of_frames, &y);
        let round = |values: Tensor<B, 4>, mean: Tensor<B, 4>| {
            round_straight_through(values - mean.clone()) + mean
        };
        let (decoded, latent_bits) = self.latent_bits(known, y, round, coded);
        let residual = decoded * steps;
        let unrefined = frame_of_latent(base + residual.clone());
        let refinement = self.refinement.as_ref();
        let correction = refinement.zip(self.steps.correction(qualities));
        let correction = correction.map(|(refinement, steps)| {
            refinement.forward(refinement_input(&unrefined, of_frames)) * steps
        });
        FrameCoderOutput {
            reconstruction: match correction {
                Some(correction) => unrefined.plus(frame_of_detail(correction)),
                None => unrefined,
            },
            bits: latent_bits + hyper_bits,
            residual,
        }
    }

    /// Estimated bits of each frame's latents as an encoder wrote them, `[batch]`, ẑ among them. Only
    /// distributions have a gradient: steps, transforms and analysis are in what was written.
    ///
    /// # Panics
    /// If there are not as many qualities or levels as frames, or features or a hyper-latent are there where the
    /// coder has none or the other way round.
    pub fn bits_of_written(&self, written: WrittenLatents<B>) -> Tensor<B, 1> {
        assert_eq!(self.context.is_some(), written.features.is_some());
        assert_eq!(self.hyper.is_some(), written.hyper_latent.is_some());
        let of_pieces = Qualities::Pieces(&written.levels);
        let context = self.context.as_ref().zip(written.features);
        let context = context.map(|(network, features)| {
            let quality = of_pieces.plane(&features);
            network.forward(Tensor::cat(vec![features, quality], 1))
        });
        let z_hat = written.hyper_latent;
        let device = written.latent.device();
        let hyper_bits = self.hyper_bits(z_hat.clone(), &written.qualities, &device);
        let known = self.known(z_hat, context, of_pieces, &written.latent);
        let as_written = |values: Tensor<B, 4>, _: Tensor<B, 4>| values;
        let (_, latent_bits) =
            self.latent_bits(known, written.latent, as_written, |values, _| values);
        latent_bits + hyper_bits
    }

    /// Bits of each frame's `z` as it is coded; none without it.
    fn hyper_bits(
        &self,
        z: Option<Tensor<B, 4>>,
        qualities: &[Quality],
        device: &B::Device,
    ) -> Tensor<B, 1> {
        let Some((hyper, z)) = self.hyper.as_ref().zip(z) else {
            return Tensor::zeros([qualities.len()], device);
        };
        let shape = z.shape();
        let bits = GaussianConditional::default().bits(
            z,
            hyper.prior.mean(qualities).expand(shape.clone()),
            hyper.prior.log_scale(qualities).expand(shape),
        );
        sum_of_each(bits)
    }

    /// Goes through the groups: what decoders see of `y`, which `round` makes of values and means, and the
    /// bits of each frame, of what `coded` makes of values and decoded ones.
    fn latent_bits(
        &self,
        known: Tensor<B, 4>,
        y: Tensor<B, 4>,
        round: impl Fn(Tensor<B, 4>, Tensor<B, 4>) -> Tensor<B, 4>,
        coded: impl Fn(Tensor<B, 4>, &Tensor<B, 4>) -> Tensor<B, 4>,
    ) -> (Tensor<B, 4>, Tensor<B, 1>) {
        let base_scale = self.parameters.base_scale(known.clone());
        let prior = LogisticConditional::default();
        let mut decoded: Vec<Tensor<B, 4>> = Vec::new();
        let mut total = Tensor::zeros([y.dims()[0]], &y.device());
        for index in 0..GROUPS {
            let before = (index > 0).then(|| decoded_features(Tensor::cat(decoded.clone(), 1)));
            let mut parameters = self
                .parameters
                .group(index, known.clone(), &base_scale, before);
            let values = y.clone().slice_dim(1, group(index));
            if index == 0 {
                let [_, _, rows, columns] = values.dims();
                let first = first_places::<B>(rows, columns, &y.device());
                let seen = round(values.clone(), parameters.mean.clone()) * first.clone();
                let second =
                    self.parameters
                        .second_pass(known.clone(), &base_scale, decoded_features(seen));
                parameters = parameters.with_second_pass(second, first);
            }
            let rounded = round(values.clone(), parameters.mean.clone());
            let bits = prior.bits(
                coded(values, &rounded),
                parameters.mean,
                parameters.log_scale,
            );
            total = total + sum_of_each(bits);
            decoded.push(rounded);
        }
        (Tensor::cat(decoded, 1), total)
    }

    /// `y`: coefficients of the difference from the prediction (whose are `base`), and the analysis' changes,
    /// in steps.
    pub(super) fn latent(
        &self,
        frames: &FrameTensors<B>,
        prediction: Option<&FrameTensors<B>>,
        (base, steps): (Tensor<B, 4>, Tensor<B, 4>),
        qualities: Qualities<'_>,
    ) -> Tensor<B, 4> {
        let difference = (latent_of(frames.clone()) - base) / steps;
        let detail = whitened_pair(frames, prediction);
        let quality = qualities.plane(&detail);
        difference + self.analysis.forward(Tensor::cat(vec![detail, quality], 1))
    }

    /// `z`, not rounded, if there is one.
    pub(super) fn hyper_latent(
        &self,
        y: Tensor<B, 4>,
        context: Option<Tensor<B, 4>>,
        qualities: Qualities<'_>,
    ) -> Option<Tensor<B, 4>> {
        let hyper = self.hyper.as_ref()?;
        let mut known = vec![qualities.plane(&y)];
        known.extend(context);
        Some(hyper.analysis.forward(y, known))
    }

    /// What is known of each macroblock before its first group; `z_hat` as there is one.
    pub(super) fn known(
        &self,
        z_hat: Option<Tensor<B, 4>>,
        context: Option<Tensor<B, 4>>,
        qualities: Qualities<'_>,
        latent: &Tensor<B, 4>,
    ) -> Tensor<B, 4> {
        let [_, _, height, width] = latent.dims();
        let hyper = self.hyper.as_ref().zip(z_hat);
        let hyper =
            hyper.map(|(hyper, z_hat)| hyper.synthesis.forward(z_hat, qualities, [height, width]));
        let mut known: Vec<_> = hyper.into_iter().collect();
        known.push(qualities.plane(latent));
        known.extend(context);
        Tensor::cat(known, 1)
    }
}

/// What groups see of the latents decoded before them; for the sake of learning, a given.
fn decoded_features<B: ModelBackend>(latents: Tensor<B, 4>) -> Tensor<B, 4> {
    let latents = latents.detach();
    Tensor::cat(
        vec![size_features(latents.clone()), signed_features(latents)],
        1,
    )
}

/// Sums over all but the batch.
fn sum_of_each<B: Backend>(values: Tensor<B, 4>) -> Tensor<B, 1> {
    let batch = values.dims()[0];
    values
        .reshape([batch as i32, -1])
        .sum_dim(1)
        .reshape([batch])
}

/// Features for the temporal context, of the prediction's coefficients and the last residual in steps.
fn context_features<B: ModelBackend>(
    prediction: Tensor<B, 4>,
    last_residual: Option<Tensor<B, 4>>,
    qualities: Qualities<'_>,
) -> Tensor<B, 4> {
    let quality = qualities.plane(&prediction);
    let last = last_residual.map_or_else(
        || prediction.ones_like() * UNKNOWN_SIZE as f32 * FEATURE.step(),
        size_features,
    );
    let features = vec![
        size_features(prediction.clone()),
        signed_features(prediction),
        last,
        quality,
    ];
    Tensor::cat(features, 1).detach()
}

/// What the refinement sees: the twin of the integers in [`super::frozen`], with straight-through
/// gradients.
fn refinement_input<B: ModelBackend>(
    frames: &FrameTensors<B>,
    qualities: Qualities<'_>,
) -> Tensor<B, 4> {
    let detail = whitened_pair(frames, None);
    let detail = straight_through(detail.clone(), FEATURE.quantize(detail));
    let quality = qualities.plane(&detail);
    Tensor::cat(vec![detail, quality], 1)
}

/// Whitened detail coefficients of frames; with a prediction those of the difference from it, four
/// times as fine, and its own.
pub(super) fn whitened_pair<B: Backend>(
    frames: &FrameTensors<B>,
    prediction: Option<&FrameTensors<B>>,
) -> Tensor<B, 4> {
    let Some(prediction) = prediction else {
        return whitened(frames.clone(), 1.0);
    };
    let difference = frames.clone().minus(prediction.clone());
    let fine = (1 << DIFFERENCE_BITS) as f32;
    Tensor::cat(
        vec![
            whitened(difference, fine),
            whitened(prediction.clone(), 1.0),
        ],
        1,
    )
}

fn whitened<B: Backend>(frames: FrameTensors<B>, factor: f32) -> Tensor<B, 4> {
    let detail = detail_of(frames);
    let factors = whitening().map(|bits| factor / (1u32 << bits) as f32);
    let factors = Tensor::<B, 1>::from_floats(factors, &detail.device());
    detail * factors.reshape([1, -1, 1, 1])
}
