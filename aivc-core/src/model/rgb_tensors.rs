//! Frames to tensors of RGB values, and back.

use aivc_models::ModelBackend;
use burn::tensor::{Tensor, TensorData};

use super::ModelError;
use crate::color::{from_rgb_f32, to_rgb_f32};
use crate::frame::{ColorDescription, Frame, FrameFormat};

/// A frame as `[1, 3, height, width]`, values from 0 to 1.
///
/// # Errors
/// [`ModelError::Color`] for colours that cannot be converted.
pub(crate) fn picture_tensor<B: ModelBackend>(
    frame: &Frame,
    device: &B::Device,
) -> Result<Tensor<B, 4>, ModelError> {
    let shape = [1, 3, frame.height(), frame.width()];
    let picture = TensorData::new(to_rgb_f32(frame)?, shape);
    Ok(Tensor::from_data(picture, device))
}

/// Frames of one size as `[1, 3, frames, height, width]`, values from 0 to 1.
///
/// # Errors
/// [`ModelError::Color`] for colours that cannot be converted.
///
/// # Panics
/// If there is no frame, or they differ in size.
pub(crate) fn clip_tensor<B: ModelBackend>(
    frames: &[Frame],
    device: &B::Device,
) -> Result<Tensor<B, 5>, ModelError> {
    let pictures = frames
        .iter()
        .map(|frame| Ok(picture_tensor::<B>(frame, device)?.unsqueeze_dim::<5>(2)))
        .collect::<Result<Vec<_>, ModelError>>()?;
    Ok(Tensor::cat(pictures, 2))
}

/// The frame of a picture, `[1, 3, height, width]` from 0 to 1.
///
/// # Errors
/// [`ModelError::Color`] for colours that cannot be converted.
pub(crate) fn rgb_frame<B: ModelBackend>(
    picture: Tensor<B, 4>,
    format: FrameFormat,
    color: ColorDescription,
) -> Result<Frame, ModelError> {
    let picture = picture.into_data().convert::<f32>();
    let values = picture.as_slice::<f32>().expect("converted to f32");
    Ok(from_rgb_f32(values, format, color)?)
}
