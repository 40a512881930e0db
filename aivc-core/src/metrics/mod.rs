//! Measures of quality and rate: [PSNR](Psnr), [SSIM](ssim()), [MS-SSIM](ms_ssim()) and
//! [SSIMULACRA 2](ssimulacra2()) of a frame, [LPIPS](Lpips) with weights from outside, means over a clip ([`ClipQuality`]), [bits per pixel](bits_per_pixel), and Bjøntegaard
//! differences between two codecs ([`bd_rate`], [`bd_psnr`]).

mod bjontegaard;
mod clip;
mod error;
mod lpips;
mod luma;
mod ms_ssim;
mod pchip;
mod psnr;
mod rate;
mod ssim;
mod ssimulacra2;

pub use bjontegaard::{BdRateError, RatePoint, bd_psnr, bd_rate};
pub use clip::{ClipQuality, Quality};
pub use error::MetricError;
pub use lpips::{LPIPS_MIN_SIDE, Lpips, LpipsError, LpipsLoadError};
pub use ms_ssim::{MS_SSIM_MIN_SIDE, ms_ssim};
pub use psnr::{PSNR_CAP_DB, Psnr, psnr};
pub use rate::{bits_per_pixel, bits_per_second};
pub use ssim::{SSIM_MIN_SIDE, ssim};
pub use ssimulacra2::{SSIMULACRA2_MIN_SIDE, ssimulacra2};
