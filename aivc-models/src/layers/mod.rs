//! Network layers that several codec families share: one layer a file.

mod band_split;
mod block_dct;
mod convolution;
mod exact;
mod gain;
mod gdn;
mod gdn_transform;
mod padding;
mod pixel_shuffle;
mod quantize;

pub use block_dct::{BLOCK, BLOCK_COEFFICIENTS, block_dct, inverse_block_dct};
pub use convolution::{Downsampling, DownsamplingConfig, Upsampling, UpsamplingConfig};
pub use exact::{
    ActivationFormat, BoundGradient, DyadicWeights, DyadicWeightsError, ExactConv2d,
    ExactConv2dConfig, PARTIAL_SUM_LIMIT, WEIGHT_LIMIT,
};
pub use gain::{QUALITY_LEVELS, Quality, QualityError, QualityGain, QualityGainConfig};
pub use gdn::{Gdn, GdnConfig, GdnDirection};
pub use gdn_transform::{AnalysisTransform, GdnTransformConfig, SynthesisTransform};
pub use padding::{crop, pad_to_multiple, padded_size};
pub use pixel_shuffle::{pixel_shuffle, pixel_unshuffle};
pub use quantize::{add_uniform_noise, round_half_up, round_straight_through};
