use burn::module::{Module, Param};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

use super::block_dct::cosine;

/// A learned transform over the frames of a group, one matrix a channel: a convolution over time
/// with groups of one channel, whose kernel and stride are the group's length.
///
/// It starts as the orthonormal cosine transform, or as its inverse: what does not move has one
/// coefficient in place of one a frame.
#[derive(Module, Debug)]
pub struct TemporalTransform<B: Backend> {
    weight: Param<Tensor<B, 3>>,
}

/// The way of a [`TemporalTransform`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemporalDirection {
    /// Frames to coefficients.
    Analysis,
    /// Coefficients to frames.
    Synthesis,
}

impl<B: Backend> TemporalTransform<B> {
    /// The cosine transform of so many frames, or its inverse.
    pub fn init(
        channels: usize,
        frames: usize,
        direction: TemporalDirection,
        device: &B::Device,
    ) -> Self {
        let entry = |row: usize, column: usize| match direction {
            TemporalDirection::Analysis => cosine(frames, row, column) as f32,
            TemporalDirection::Synthesis => cosine(frames, column, row) as f32,
        };
        let matrix: Vec<f32> = (0..frames * frames)
            .map(|index| entry(index / frames, index % frames))
            .collect();
        let matrix = TensorData::new(matrix, [1, frames, frames]);
        let weight = Tensor::<B, 3>::from_data(matrix, device).repeat_dim(0, channels);
        Self {
            weight: Param::from_tensor(weight),
        }
    }

    /// # Shapes
    /// `[batch, frames, channels, height, width]`, unchanged; in place of frames stand
    /// coefficients, the lowest frequency first, or the other way round.
    pub fn forward(&self, input: Tensor<B, 5>) -> Tensor<B, 5> {
        let [batch, frames, channels, height, width] = input.dims();
        let rows =
            input
                .permute([2, 1, 0, 3, 4])
                .reshape([channels, frames, batch * height * width]);
        self.weight
            .val()
            .matmul(rows)
            .reshape([channels, frames, batch, height, width])
            .permute([2, 1, 0, 3, 4])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::Flex;
    use burn::tensor::Distribution;

    #[test]
    fn synthesis_starts_as_the_inverse_and_still_frames_have_one_coefficient() {
        let device = Default::default();
        let [there, back] = [TemporalDirection::Analysis, TemporalDirection::Synthesis]
            .map(|direction| TemporalTransform::<Flex>::init(3, 8, direction, &device));
        let frames = Tensor::<Flex, 5>::random([2, 8, 3, 2, 1], Distribution::Default, &device);
        let restored = back.forward(there.forward(frames.clone()));
        // Two matrix products of 8 terms in single precision.
        assert!((restored - frames).abs().max().into_scalar() < 1e-5);

        let still = there.forward(Tensor::ones([1, 8, 3, 1, 1], &device));
        let values = still.into_data().to_vec::<f32>().unwrap();
        assert!(values[..3].iter().all(|v| (v - 8f32.sqrt()).abs() < 1e-5));
        assert!(values[3..].iter().all(|v| v.abs() < 1e-5), "{values:?}");
    }
}
