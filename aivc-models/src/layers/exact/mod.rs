//! Convolutions whose results have the same bits on every backend.
//!
//! Weights are `m·2^-k` and activations `n·2^-j` with small integers `m` and `n`; every product
//! and every partial sum is then a multiple of `2^-(k+j)` below `2^24` units, which an f32 holds
//! without rounding. The order of summation, fused multiply-add, tensor cores and the vendor no
//! longer matter. The bound is proved from the weights themselves: [`DyadicWeights::prove`].

mod activation;
mod convolution;
mod device_check;
mod dyadic;
mod integers;

pub use activation::ActivationFormat;
pub use convolution::{BoundGradient, ExactConv2d, ExactConv2dConfig};
pub use device_check::{DeviceError, check_device};
pub use dyadic::{DyadicWeights, DyadicWeightsError, PARTIAL_SUM_LIMIT, WEIGHT_LIMIT};
pub use integers::IntegerConv2d;
