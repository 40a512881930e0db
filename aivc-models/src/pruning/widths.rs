use crate::families::factorized::FactorizedConfig;
use crate::families::hyperprior::HyperpriorConfig;
use crate::layers::GdnTransformConfig;
use crate::weights::WeightsFile;

use super::PruningError;

/// A kind of channels whose number is part of a model's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// Inside the residual blocks of both transforms.
    Hidden,
    /// Of the latent.
    Latent,
    /// Of the hyper-latent and inside the hyper-transforms.
    Hyper,
}

/// How many channels of each kind a model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Widths {
    /// Inside the residual blocks of both transforms.
    pub hidden: usize,
    /// Of the latent.
    pub latent: usize,
    /// Of the hyper-latent; none of a family without one.
    pub hyper: Option<usize>,
}

impl Widths {
    /// The widths of a weights file.
    ///
    /// # Errors
    /// [`PruningError::Family`] for a family that is not pruned, and [`PruningError::Weights`].
    pub fn of(file: &WeightsFile) -> Result<Self, PruningError> {
        let (transform, hyper) = match file.family() {
            "factorized" => (file.config::<FactorizedConfig>()?.transform, None),
            "hyperprior" => {
                let config = file.config::<HyperpriorConfig>()?;
                (config.transform, Some(config.hyper))
            }
            family => {
                return Err(PruningError::Family {
                    family: family.to_owned(),
                });
            }
        };
        Ok(Self {
            hidden: transform.hidden,
            latent: transform.latent,
            hyper,
        })
    }

    /// How many channels of a kind there are.
    pub fn at(&self, width: Width) -> usize {
        match width {
            Width::Hidden => self.hidden,
            Width::Latent => self.latent,
            Width::Hyper => self.hyper.unwrap_or(0),
        }
    }

    /// A share of each, one channel at least.
    ///
    /// # Errors
    /// [`PruningError::Share`] if it is not above 0 and below 1.
    pub fn share(&self, share: f64) -> Result<Self, PruningError> {
        if !(share > 0.0 && share < 1.0) {
            return Err(PruningError::Share { value: share });
        }
        let part = |channels: usize| ((channels as f64 * share).round() as usize).max(1);
        Ok(Self {
            hidden: part(self.hidden),
            latent: part(self.latent),
            hyper: self.hyper.map(part),
        })
    }

    /// The largest share of each with which a decoder of the file's family costs at most so many thousands of
    /// multiplications a pixel, in steps of a thousandth.
    ///
    /// # Errors
    /// [`PruningError::Cost`] if there is none.
    pub fn for_decoder_kmac(&self, file: &WeightsFile, kmac: f64) -> Result<Self, PruningError> {
        for thousandths in (1..1000).rev() {
            let widths = self.share(f64::from(thousandths) / 1000.0)?;
            if widths.decoder_kmac_per_pixel(file)? <= kmac {
                return Ok(widths);
            }
        }
        let least = self.share(0.001)?.decoder_kmac_per_pixel(file)?;
        Err(PruningError::Cost { value: kmac, least })
    }

    fn decoder_kmac_per_pixel(&self, file: &WeightsFile) -> Result<f64, PruningError> {
        let macs = match file.family() {
            "factorized" => {
                let config = file.config::<FactorizedConfig>()?;
                self.cut_transform(config.transform).macs_per_pixel()
            }
            _ => self.cut_hyperprior(file.config()?).decoder_macs_per_pixel(),
        };
        Ok(macs / 1000.0)
    }

    /// The file with the configuration of these widths.
    pub(super) fn configure(&self, file: WeightsFile) -> Result<WeightsFile, PruningError> {
        Ok(match file.family() {
            "factorized" => {
                let mut config = file.config::<FactorizedConfig>()?;
                config.transform = self.cut_transform(config.transform);
                file.with_config(&config)
            }
            _ => {
                let config = self.cut_hyperprior(file.config()?);
                file.with_config(&config)
            }
        })
    }

    fn cut_transform(&self, transform: GdnTransformConfig) -> GdnTransformConfig {
        transform.with_hidden(self.hidden).with_latent(self.latent)
    }

    fn cut_hyperprior(&self, mut config: HyperpriorConfig) -> HyperpriorConfig {
        config.transform = self.cut_transform(config.transform);
        config.hyper = self.hyper.unwrap_or(config.hyper);
        config
    }

    /// Checks that these can be cut out of `all`.
    ///
    /// # Errors
    /// [`PruningError::Width`], with the offending width, and [`PruningError::NothingToCut`].
    pub fn check(&self, all: &Self) -> Result<(), PruningError> {
        let hyper = self.hyper.zip(all.hyper);
        let (hyper, of_hyper) = hyper.unwrap_or((1, 1));
        for (name, value, maximum) in [
            ("hidden", self.hidden, all.hidden),
            ("latent", self.latent, all.latent),
            ("hyper", hyper, of_hyper),
        ] {
            if !(1..=maximum).contains(&value) {
                return Err(PruningError::Width {
                    name,
                    value,
                    maximum,
                });
            }
        }
        if self == all {
            return Err(PruningError::NothingToCut);
        }
        Ok(())
    }
}
