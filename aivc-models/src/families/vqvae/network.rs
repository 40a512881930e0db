use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::backend::{AutodiffBackend, Backend};

use super::VqvaeConfig;
use super::config::LATENT_GAIN;
use super::quantizer::{CodebookStatistics, ResidualQuantizer};
use crate::backend::ModelBackend;
use crate::layers::{
    AnalysisTransform, GdnTransformConfig, Quality, SynthesisTransform, crop, pad_to_multiple,
    straight_through,
};

/// Share of the squared error between a latent and its codes that is added to that of the picture:
/// β of van den Oord et al., eq. 3.
const COMMITMENT: f64 = 0.25;
/// Samples of the picture an element of one channel of the latent.
const SAMPLES: f64 = 768.0;

/// The trainable vector-quantized autoencoder; see the [family](super).
#[derive(Module, Debug)]
pub struct VqvaeNetwork<B: Backend> {
    pub(super) analysis: AnalysisTransform<B>,
    pub(super) synthesis: SynthesisTransform<B>,
    pub(super) quantizers: Vec<ResidualQuantizer<B>>,
}

/// What [`VqvaeNetwork::forward`] gives.
#[derive(Debug, Clone)]
pub struct VqvaeOutput<B: Backend> {
    /// The decoded pictures, of the input's shape, not clamped.
    pub reconstruction: Tensor<B, 4>,
    /// Bits of each picture's indices by the frequencies so far, `[batch]`; without gradient.
    pub bits: Tensor<B, 1>,
    /// Commitment loss of each picture, `[batch]`, in units of the mean squared error of values from
    /// 0 to 1.
    pub commitment: Tensor<B, 1>,
    /// What the batch says of the codebooks, one an element of the quantizers.
    pub statistics: Vec<CodebookStatistics>,
}

impl<B: AutodiffBackend + ModelBackend> VqvaeNetwork<B> {
    /// Codes a batch without making a stream, each picture in the stages of its quality. Codebooks
    /// learn from all stages of all pictures.
    ///
    /// # Shapes
    /// Pictures `[batch, 3, height, width]` of any size, values from 0 to 1; one quality each.
    ///
    /// # Panics
    /// If there are not as many qualities as pictures.
    pub fn forward(
        &self,
        config: &VqvaeConfig,
        pictures: Tensor<B, 4>,
        qualities: &[Quality],
    ) -> VqvaeOutput<B> {
        let [batch, _, height, width] = pictures.dims();
        assert_eq!(batch, qualities.len(), "one quality a picture");
        let y = self.latent(pictures);
        let [_, channels, rows, columns] = y.dims();
        let (device, places) = (y.device(), rows * columns);
        // [batch · rows · columns, channels]
        let vectors = y
            .clone()
            .permute([0, 2, 3, 1])
            .reshape([batch * places, channels]);
        let has_stage: Vec<Tensor<B, 2>> = (0..config.stages)
            .map(|stage| {
                let has = qualities.iter().map(|&q| config.stages_of(q) > stage);
                let has: Vec<f32> = has.map(|has| if has { 1.0 } else { 0.0 }).collect();
                Tensor::<B, 1>::from_floats(has.as_slice(), &device)
                    .reshape([batch, 1])
                    .repeat_dim(1, places)
                    .reshape([batch * places, 1])
            })
            .collect();
        let mut bits = Tensor::zeros([batch * places], &device);
        let mut first = 0;
        let (mut sums, mut statistics) = (Vec::new(), Vec::new());
        for quantizer in &self.quantizers {
            let [_, _, length] = quantizer.shape();
            let mut left = vectors.clone().detach().narrow(1, first, length);
            let mut sum = left.zeros_like();
            let mut noted = CodebookStatistics::new(config.stages);
            for (stage, has) in has_stage.iter().enumerate() {
                let chosen = quantizer.stage(stage, left.clone());
                noted.note(stage, left.clone(), chosen.one_hot);
                bits = bits + chosen.bits * has.clone().reshape([batch * places]);
                sum = sum + chosen.code.clone() * has.clone();
                left = left - chosen.code;
            }
            sums.push(sum);
            statistics.push(noted);
            first += length;
        }
        let codes = Tensor::cat(sums, 1)
            .reshape([batch, rows, columns, channels])
            .permute([0, 3, 1, 2]);
        let distance = y.clone() - codes.clone();
        let squares = (distance.clone() * distance).reshape([batch as i32, -1]);
        let commitment = squares.sum_dim(1).reshape([batch])
            * (COMMITMENT / (SAMPLES * LATENT_GAIN * LATENT_GAIN * places as f64));
        let y_hat = straight_through(y, codes);
        VqvaeOutput {
            reconstruction: crop(self.synthesis.forward(y_hat), height, width),
            bits: bits.reshape([batch, places]).sum_dim(1).reshape([batch]),
            commitment,
            statistics,
        }
    }

    /// The network with codebooks that have learned from a batch; see
    /// [`ResidualQuantizer::updated`].
    ///
    /// # Panics
    /// If the statistics are of another network.
    #[must_use]
    pub fn with_codebooks_updated(
        mut self,
        statistics: &[CodebookStatistics],
        turn: usize,
    ) -> Self {
        assert_eq!(
            statistics.len(),
            self.quantizers.len(),
            "of another network"
        );
        let pairs = self.quantizers.into_iter().zip(statistics);
        self.quantizers = pairs
            .map(|(quantizer, statistics)| quantizer.updated(statistics, turn))
            .collect();
        self
    }
}

impl<B: ModelBackend> VqvaeNetwork<B> {
    pub(super) fn latent(&self, pictures: Tensor<B, 4>) -> Tensor<B, 4> {
        self.analysis
            .forward(pad_to_multiple(pictures, GdnTransformConfig::MULTIPLE))
    }

    /// Effective number of codes in use, a stage; means over the vectors.
    pub fn perplexities(&self) -> Vec<f64> {
        let count = self.quantizers.len() as f64;
        let of_vectors = self.quantizers.iter().map(ResidualQuantizer::perplexities);
        of_vectors
            .reduce(|a, b| a.iter().zip(b).map(|(a, b)| a + b).collect())
            .unwrap_or_default()
            .into_iter()
            .map(|sum| sum / count)
            .collect()
    }
}
