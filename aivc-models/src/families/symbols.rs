//! Tensors to symbols and back.

use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

/// Table index of each value of a latent whose tables go by channel.
pub(crate) fn channel_indices(shape: [usize; 4]) -> Vec<u16> {
    let [batch, channels, height, width] = shape;
    let mut indices = Vec::with_capacity(batch * channels * height * width);
    for _ in 0..batch {
        for channel in 0..channels {
            indices.extend(std::iter::repeat_n(channel as u16, height * width));
        }
    }
    indices
}

/// Whole-numbered values as integers.
pub(crate) fn to_integers<B: Backend>(values: Tensor<B, 4>) -> Vec<i32> {
    host(values).into_iter().map(|value| value as i32).collect()
}

/// Whole-numbered values as table indices.
pub(crate) fn table_indices<B: Backend>(values: Tensor<B, 4>) -> Vec<u16> {
    host(values).into_iter().map(|value| value as u16).collect()
}

/// Integers as a tensor.
pub(crate) fn from_integers<B: Backend>(
    values: &[i32],
    shape: [usize; 4],
    device: &B::Device,
) -> Tensor<B, 4> {
    let values: Vec<f32> = values.iter().map(|&value| value as f32).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Values on the host.
pub(crate) fn host<B: Backend>(values: Tensor<B, 4>) -> Vec<f32> {
    values
        .into_data()
        .convert::<f32>()
        .to_vec()
        .expect("converted to f32")
}
