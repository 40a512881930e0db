use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::mean_squared_error;
use crate::families::hybrid::FrameTensors;

/// Weights of luma and of each chroma plane. PSNRs are weighted 6:1:1, and a decibel of a plane is
/// worth the more squared error the more it has: chroma, which has a sixth to a tenth of luma's, weighs
/// six times as much.
const LUMA: f64 = 0.5;
const CHROMA: f64 = 0.5;

/// Mean squared error of each frame, luma and chroma weighted, in squared levels of 8-bit video.
///
/// # Shapes
/// To `[batch]`.
pub fn frame_squared_error<B: Backend>(a: FrameTensors<B>, b: FrameTensors<B>) -> Tensor<B, 1> {
    let luma = mean_squared_error(a.luma, b.luma);
    // The mean of both planes, so twice the share of one.
    let chroma = mean_squared_error(a.chroma, b.chroma);
    luma * LUMA + chroma * (2.0 * CHROMA)
}
