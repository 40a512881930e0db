//! Network layers that several codec families share: one layer a file.

mod bicubic;
mod block_dct;
mod convolution;
mod convolution_3d;
mod cosine_start;
mod energy_start;
mod exact;
mod gain;
mod gdn;
mod gdn_transform;
mod matrix_conv;
mod padding;
mod pixel_shuffle;
mod quantize;
mod residual_block;
mod residual_block_3d;
mod temporal_transform;

pub use bicubic::bicubic_double;
pub use block_dct::{BLOCK, BLOCK_COEFFICIENTS, block_dct, inverse_block_dct};
pub use convolution::{EdgeConv2d, EdgeConv2dConfig};
pub use convolution_3d::{EdgeConv3d, EdgeConv3dConfig};
pub(crate) use energy_start::{EnergyStart, HYPER_SCALE, LOG_SCALE_OFFSET};
pub use exact::{
    ActivationFormat, BoundGradient, DeviceError, DyadicWeights, DyadicWeightsError, ExactConv2d,
    ExactConv2dConfig, IntegerConv2d, PARTIAL_SUM_LIMIT, WEIGHT_LIMIT, check_device,
};
pub use gain::{QUALITY_LEVELS, Quality, QualityError, QualityGain, QualityGainConfig};
pub(crate) use gain::{at_qualities, quality_plane};
pub use gdn::{Gdn, GdnConfig, GdnDirection};
pub use gdn_transform::{AnalysisTransform, GdnTransformConfig, SynthesisTransform};
use matrix_conv::matrix_conv;
pub(crate) use matrix_conv::pointwise;
pub use padding::{crop, pad_edges, pad_to_multiple, padded_size};
pub use pixel_shuffle::{pixel_shuffle, pixel_unshuffle};
pub(crate) use quantize::straight_through;
pub use quantize::{add_uniform_noise, round_half_up, round_straight_through};
pub use residual_block::{GdnResidualBlock, GdnResidualBlockConfig};
pub use residual_block_3d::{GdnResidualBlock3d, GdnResidualBlock3dConfig};
pub use temporal_transform::{TemporalDirection, TemporalTransform};
