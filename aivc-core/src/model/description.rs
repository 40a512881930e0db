use aivc_models::families::factorized::FactorizedConfig;
use aivc_models::families::hybrid::HybridConfig;
use aivc_models::families::hyperprior::HyperpriorConfig;
use aivc_models::families::hyperprior3d::Hyperprior3dConfig;
use aivc_models::families::vqvae::VqvaeConfig;
use aivc_models::layers::QUALITY_LEVELS;
use aivc_models::refinement::{REFINEMENT_FAMILY, RefinementConfig};
use aivc_models::weights::{WeightsError, WeightsFile};
use serde::Serialize;

use super::ModelError;

/// What a weights file says of its model, without any backend.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelDescription {
    /// The model's name.
    pub name: String,
    /// The codec family, or `refinement`.
    pub family: String,
    /// The content hash that streams name, in hexadecimal digits.
    pub hash: String,
    /// Number of parameters; tables do not count.
    pub parameters: usize,
    /// Quality levels of the one model: 64, of which a `vqvae` treats some alike, or 1 for a family
    /// with a fixed rate.
    pub quality_levels: u8,
    /// Thousands of multiplications that encoding costs a pixel.
    pub encoder_kmac_per_pixel: f64,
    /// Thousands of multiplications that decoding costs a pixel; those that a refinement costs a pixel
    /// shown.
    pub decoder_kmac_per_pixel: f64,
    /// The family's configuration.
    pub config: serde_json::Value,
}

impl ModelDescription {
    /// Describes the model of a weights file.
    ///
    /// # Errors
    /// [`ModelError::Weights`] for an unknown family, or a configuration that does not parse.
    pub fn of(weights: &WeightsFile) -> Result<Self, ModelError> {
        let (quality_levels, encoder, decoder) = match weights.family() {
            "factorized" => {
                let macs = weights
                    .config::<FactorizedConfig>()?
                    .transform
                    .macs_per_pixel();
                (1, macs, macs)
            }
            "hyperprior" => {
                let config = weights.config::<HyperpriorConfig>()?;
                (
                    QUALITY_LEVELS,
                    config.encoder_macs_per_pixel(),
                    config.decoder_macs_per_pixel(),
                )
            }
            "vqvae" => {
                let config = weights.config::<VqvaeConfig>()?;
                (
                    QUALITY_LEVELS,
                    config.encoder_macs_per_pixel(),
                    config.transform.macs_per_pixel(),
                )
            }
            "hyperprior3d" => {
                let config = weights.config::<Hyperprior3dConfig>()?;
                (
                    QUALITY_LEVELS,
                    config.encoder_macs_per_pixel(),
                    config.decoder_macs_per_pixel(),
                )
            }
            "hybrid" => {
                let config = weights.config::<HybridConfig>()?;
                (
                    QUALITY_LEVELS,
                    config.encoder_macs_per_pixel(),
                    config.decoder_macs_per_pixel(),
                )
            }
            REFINEMENT_FAMILY => {
                let config = weights.config::<RefinementConfig>()?;
                (QUALITY_LEVELS, 0.0, config.macs_per_pixel())
            }
            family => {
                return Err(WeightsError::UnknownFamily {
                    family: family.to_owned(),
                }
                .into());
            }
        };
        Ok(Self {
            name: weights.name().to_owned(),
            family: weights.family().to_owned(),
            hash: weights.hash().to_string(),
            parameters: weights.parameters(),
            quality_levels,
            encoder_kmac_per_pixel: encoder / 1000.0,
            decoder_kmac_per_pixel: decoder / 1000.0,
            config: weights.config()?,
        })
    }
}
