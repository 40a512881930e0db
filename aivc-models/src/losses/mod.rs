//! What training minimizes.

mod adversarial;
mod frames;
mod ms_ssim;
mod rate_distortion;

pub use adversarial::relativistic_hinge;
pub use frames::{frame_mixed_error, frame_squared_error};
pub use ms_ssim::{MS_SSIM_MINIMUM_SIDE, ms_ssim};
use rate_distortion::MS_SSIM_WORTH;
pub use rate_distortion::{
    Distortion, RateDistortionLoss, RateDistortionLossConfig, mean_squared_error,
};
