use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::{RefinementConfig, RefinementNetwork};
use crate::layers::Quality;
use crate::weights::{WeightsError, WeightsFile, round_to_half};

/// The family that weights files of refinements name.
pub const REFINEMENT_FAMILY: &str = "refinement";

/// Rows of a decoded picture that are refined together, which bounds the memory.
const BAND_ROWS: usize = 256;

/// A frozen refinement.
#[derive(Debug, Clone)]
pub struct RefinementModel<B: Backend> {
    config: RefinementConfig,
    network: RefinementNetwork<B>,
}

impl<B: Backend> RefinementModel<B> {
    /// Freezes a trained network: weights become 16-bit floats.
    pub fn freeze(config: RefinementConfig, network: RefinementNetwork<B>) -> Self {
        Self {
            config,
            network: round_to_half(network, &[]),
        }
    }

    /// The refinement of a weights file.
    ///
    /// # Errors
    /// [`WeightsError`], [`WeightsError::NoRefinement`] for a codec's weights among them.
    pub fn from_weights(file: &WeightsFile, device: &B::Device) -> Result<Self, WeightsError> {
        if file.family() != REFINEMENT_FAMILY {
            return Err(WeightsError::NoRefinement {
                family: file.family().to_owned(),
            });
        }
        let config: RefinementConfig = file.config()?;
        config.validate()?;
        let network = file.load_parameters(config.init(device), &[], &[], device)?;
        Ok(Self { config, network })
    }

    /// The weights file of this refinement.
    pub fn to_weights(&self, name: &str) -> WeightsFile {
        let mut file = WeightsFile::new(REFINEMENT_FAMILY, name, &self.config);
        file.store_parameters(&self.network);
        file
    }

    /// The configuration of the network.
    pub fn config(&self) -> &RefinementConfig {
        &self.config
    }

    /// The frozen network.
    pub fn network(&self) -> &RefinementNetwork<B> {
        &self.network
    }

    /// What is shown in place of a decoded picture, not clamped; see
    /// [`RefinementNetwork::forward`]. Bands of the picture are refined one after another.
    ///
    /// # Shapes
    /// `[1, 3, height, width]`, values from 0 to 1, to `[1, 3, scale·height, scale·width]`.
    pub fn refine(&self, decoded: Tensor<B, 4>, quality: Quality) -> Tensor<B, 4> {
        self.in_bands(decoded, |band| self.network.forward(band, &[quality]))
    }

    /// What is added to the decoded picture, or to the enlarged one; see
    /// [`RefinementNetwork::residual`].
    ///
    /// # Shapes
    /// As [`Self::refine`].
    pub fn residual(&self, decoded: Tensor<B, 4>, quality: Quality) -> Tensor<B, 4> {
        self.in_bands(decoded, |band| self.network.residual(band, &[quality]))
    }

    /// Each band is seen with as many rows around it as its pixels can depend on.
    fn in_bands(
        &self,
        decoded: Tensor<B, 4>,
        refine: impl Fn(Tensor<B, 4>) -> Tensor<B, 4>,
    ) -> Tensor<B, 4> {
        let height = decoded.dims()[2];
        let (scale, reach) = (self.config.scale, self.config.reach());
        let bands = (0..height).step_by(BAND_ROWS).map(|start| {
            let end = (start + BAND_ROWS).min(height);
            // Both are multiples of the rows of a feature, except the end of the picture.
            let (first, last) = (start.saturating_sub(reach), (end + reach).min(height));
            let refined = refine(decoded.clone().narrow(2, first, last - first));
            refined.narrow(2, scale * (start - first), scale * (end - start))
        });
        Tensor::cat(bands.collect(), 2)
    }
}
