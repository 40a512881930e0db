use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::features::{UNKNOWN_SIZE, signed_features, size_features};
use super::formats::{FEATURE, HYPER_LATENT};
use super::hyper::quality_plane;
use super::steps::whitening;
use super::{
    Analysis, FrameCoderConfig, HyperLatent, LatentParameters, Refinement, StepSizes,
    TemporalContext,
};
use crate::backend::ModelBackend;
use crate::families::Quantization;
use crate::families::hybrid::transform::{
    FrameTensors, GROUPS, detail_of, frame_of_detail, frame_of_latent, group, latent_of,
};
use crate::layers::{
    ExactConv2d, Quality, add_uniform_noise, round_straight_through, straight_through,
};
use crate::priors::{GaussianConditional, LogisticConditional};

/// How much finer than a frame's coefficients a difference from the prediction is seen.
pub(super) const DIFFERENCE_BITS: u32 = 2;

/// The trainable coder of frames; see the [module](super).
#[derive(Module, Debug)]
pub struct FrameCoder<B: Backend> {
    pub(super) analysis: Analysis<B>,
    pub(super) hyper: Option<HyperLatent<B>>,
    pub(super) context: Option<TemporalContext<B>>,
    pub(super) parameters: LatentParameters<B>,
    pub(super) refinement: Option<Refinement<B>>,
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
            layers.extend(refinement.exact_layers());
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
                .map(|refinement| refinement.map_exact(&mut map))
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
                    network.forward(context_features(scaled, last, qualities))
                });
        let y = self.latent(
            &frames,
            prediction.as_ref().map(|p| &p.frames),
            base.clone(),
            qualities,
        );

        let z = self.hyper_latent(y.clone(), context.clone(), qualities);
        let z_hat = z.clone().map(|z| {
            let (low, high) = (HYPER_LATENT.minimum as f32, HYPER_LATENT.maximum as f32);
            round_straight_through(z.clamp(low, high))
        });
        let hyper = self.hyper.as_ref().zip(z.zip(z_hat.clone()));
        let mut total = match hyper {
            Some((hyper, (z, z_hat))) => {
                let shape = z.shape();
                let bits = GaussianConditional::default().bits(
                    coded(z, &z_hat),
                    hyper.prior.mean(qualities).expand(shape.clone()),
                    hyper.prior.log_scale(qualities).expand(shape),
                );
                sum_of_each(bits)
            }
            None => Tensor::zeros([qualities.len()], &y.device()),
        };

        let known = self.known(z_hat, context, qualities, &y);
        let base_scale = self.parameters.base_scale(known.clone());
        let prior = LogisticConditional::default();
        let mut decoded: Vec<Tensor<B, 4>> = Vec::new();
        for index in 0..GROUPS {
            let before = (index > 0).then(|| {
                let before = Tensor::cat(decoded.clone(), 1).detach();
                Tensor::cat(
                    vec![size_features(before.clone()), signed_features(before)],
                    1,
                )
            });
            let parameters = self
                .parameters
                .group(index, known.clone(), &base_scale, before);
            let channels = group(index);
            let values = y.clone().narrow(1, channels.start, channels.len());
            let mean = parameters.mean;
            let rounded = round_straight_through(values.clone() - mean.clone()) + mean.clone();
            let bits = prior.bits(coded(values, &rounded), mean, parameters.log_scale);
            total = total + sum_of_each(bits);
            decoded.push(rounded);
        }
        let residual = Tensor::cat(decoded, 1) * steps;
        let unrefined = frame_of_latent(base + residual.clone());
        let refinement = self.refinement.as_ref();
        let correction = refinement.zip(self.steps.correction(qualities));
        let correction = correction.map(|(refinement, steps)| {
            refinement.forward(refinement_input(&unrefined, qualities)) * steps
        });
        FrameCoderOutput {
            reconstruction: match correction {
                Some(correction) => unrefined.plus(frame_of_detail(correction)),
                None => unrefined,
            },
            bits: total,
            residual,
        }
    }

    /// `y`: coefficients of the difference from the prediction, and the analysis' changes, in steps.
    pub(super) fn latent(
        &self,
        frames: &FrameTensors<B>,
        prediction: Option<&FrameTensors<B>>,
        base: Tensor<B, 4>,
        qualities: &[Quality],
    ) -> Tensor<B, 4> {
        let difference = (latent_of(frames.clone()) - base) / self.steps.latent(qualities);
        let detail = whitened_pair(frames, prediction);
        let quality = quality_plane(&detail, qualities);
        difference + self.analysis.forward(Tensor::cat(vec![detail, quality], 1))
    }

    /// `z`, not rounded, if there is one.
    pub(super) fn hyper_latent(
        &self,
        y: Tensor<B, 4>,
        context: Option<Tensor<B, 4>>,
        qualities: &[Quality],
    ) -> Option<Tensor<B, 4>> {
        let hyper = self.hyper.as_ref()?;
        let mut known = vec![quality_plane(&y, qualities)];
        known.extend(context);
        Some(hyper.analysis.forward(y, known))
    }

    /// What is known of each macroblock before its first group; `z_hat` as there is one.
    pub(super) fn known(
        &self,
        z_hat: Option<Tensor<B, 4>>,
        context: Option<Tensor<B, 4>>,
        qualities: &[Quality],
        latent: &Tensor<B, 4>,
    ) -> Tensor<B, 4> {
        let [_, _, height, width] = latent.dims();
        let hyper = self.hyper.as_ref().zip(z_hat);
        let hyper =
            hyper.map(|(hyper, z_hat)| hyper.synthesis.forward(z_hat, qualities, [height, width]));
        let mut known: Vec<_> = hyper.into_iter().collect();
        known.push(quality_plane(latent, qualities));
        known.extend(context);
        Tensor::cat(known, 1)
    }
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
    qualities: &[Quality],
) -> Tensor<B, 4> {
    let quality = quality_plane(&prediction, qualities);
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
    qualities: &[Quality],
) -> Tensor<B, 4> {
    let detail = whitened_pair(frames, None);
    let detail = straight_through(detail.clone(), FEATURE.quantize(detail));
    let quality = quality_plane(&detail, qualities);
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
