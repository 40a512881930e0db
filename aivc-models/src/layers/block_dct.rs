use std::f64::consts::PI;

use burn::tensor::backend::Backend;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Tensor, TensorData};

use super::{pixel_shuffle, pixel_unshuffle};

/// Side of a block in pixels.
pub const BLOCK: usize = 4;
const COLORS: usize = 3;
/// Coefficients of a block.
pub const BLOCK_COEFFICIENTS: usize = COLORS * BLOCK * BLOCK;

/// Rows: brightness, red against blue, green against both; orthogonal.
const COLOR_AXES: [[f64; COLORS]; COLORS] = [[1.0, 1.0, 1.0], [1.0, 0.0, -1.0], [1.0, -2.0, 1.0]];
/// Typical spread of each colour axis against that of brightness.
const COLOR_SPREAD: [f64; COLORS] = [1.0, 0.3, 0.15];

/// Moves blocks of 4×4 RGB pixels into 48 channels, as their cosine transform, each coefficient
/// divided by its typical spread.
///
/// Together that is one fixed, invertible matrix, which a convolution behind it could learn. But
/// pixels are so alike that gradient descent takes long to see their differences: with the spread
/// evened out, fine detail is learned as fast as coarse.
///
/// # Shapes
/// `[batch, 3, height, width]` to `[batch, 48, height/4, width/4]`.
///
/// # Panics
/// If there are not 3 channels, or height or width is no multiple of 4.
pub fn block_dct<B: Backend>(picture: Tensor<B, 4>) -> Tensor<B, 4> {
    let matrix = matrix(|coefficient, basis| basis / coefficient.spread());
    apply(pixel_unshuffle(picture, BLOCK), &matrix)
}

/// The inverse of [`block_dct`].
///
/// # Shapes
/// `[batch, 48, height, width]` to `[batch, 3, height·4, width·4]`.
///
/// # Panics
/// If there are not 48 channels.
pub fn inverse_block_dct<B: Backend>(coefficients: Tensor<B, 4>) -> Tensor<B, 4> {
    let matrix = transpose(&matrix(|coefficient, basis| basis * coefficient.spread()));
    pixel_shuffle(apply(coefficients, &matrix), BLOCK)
}

#[derive(Clone, Copy)]
struct Coefficient {
    axis: usize,
    row: usize,
    column: usize,
}

impl Coefficient {
    /// Standard deviation over photographs of values from 0 to 1, as a round rule: within a factor
    /// of about 1.5 of what was measured over the training photos.
    fn spread(self) -> f64 {
        let frequency = if self.row + self.column == 0 {
            4.0
        } else {
            1.0 / (1.0 + (self.row + self.column) as f64)
        };
        0.4 * COLOR_SPREAD[self.axis] * frequency
    }

    /// Weight of a pixel's colour in the coefficient; orthonormal over all.
    fn basis(self, color: usize, y: usize, x: usize) -> f64 {
        let axis = COLOR_AXES[self.axis];
        let norm = axis.iter().map(|a| a * a).sum::<f64>().sqrt();
        axis[color] / norm * cosine(self.row, y) * cosine(self.column, x)
    }
}

/// [`Coefficient::spread`] of a channel of [`block_dct`].
pub(super) fn coefficient_spread(channel: usize) -> f64 {
    let (axis, row, column) = split(channel);
    Coefficient { axis, row, column }.spread()
}

/// Whether a channel of [`block_dct`] is the mean of its block.
pub(super) fn coefficient_is_mean(channel: usize) -> bool {
    channel.is_multiple_of(BLOCK * BLOCK)
}

fn cosine(frequency: usize, position: usize) -> f64 {
    let scale = if frequency == 0 { 1.0 } else { 2.0 };
    let phase = (2 * position + 1) as f64 * frequency as f64 * PI / (2 * BLOCK) as f64;
    (scale / BLOCK as f64).sqrt() * phase.cos()
}

/// Rows are coefficients, columns the channels of an unshuffled picture.
fn matrix(entry: impl Fn(Coefficient, f64) -> f64) -> Vec<f32> {
    let mut values = Vec::with_capacity(BLOCK_COEFFICIENTS * BLOCK_COEFFICIENTS);
    for index in 0..BLOCK_COEFFICIENTS {
        let (axis, row, column) = split(index);
        let coefficient = Coefficient { axis, row, column };
        for channel in 0..BLOCK_COEFFICIENTS {
            let (color, y, x) = split(channel);
            values.push(entry(coefficient, coefficient.basis(color, y, x)) as f32);
        }
    }
    values
}

fn split(index: usize) -> (usize, usize, usize) {
    (
        index / (BLOCK * BLOCK),
        index / BLOCK % BLOCK,
        index % BLOCK,
    )
}

fn transpose(matrix: &[f32]) -> Vec<f32> {
    let n = BLOCK_COEFFICIENTS;
    (0..n * n).map(|i| matrix[i % n * n + i / n]).collect()
}

fn apply<B: Backend>(channels: Tensor<B, 4>, matrix: &[f32]) -> Tensor<B, 4> {
    let shape = [BLOCK_COEFFICIENTS, BLOCK_COEFFICIENTS, 1, 1];
    let matrix = Tensor::from_data(TensorData::new(matrix.to_vec(), shape), &channels.device());
    conv2d(
        channels,
        matrix,
        None,
        ConvOptions::new([1, 1], [0, 0], [1, 1], 1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::Flex;
    use burn::tensor::Distribution;

    #[test]
    fn inverse_restores_the_picture() {
        let picture = Tensor::<Flex, 4>::random(
            [1, 3, 8, 12],
            Distribution::Uniform(0.0, 1.0),
            &Default::default(),
        );
        let restored = inverse_block_dct(block_dct(picture.clone()));
        let error = (restored - picture).abs().max().into_scalar();
        // Two matrix products of 48 terms in single precision.
        assert!(error < 1e-5, "{error}");
    }

    #[test]
    fn a_flat_grey_block_has_one_coefficient() {
        let picture = Tensor::<Flex, 4>::full([1, 3, 4, 4], 0.5, &Default::default());
        let coefficients = block_dct(picture).into_data().to_vec::<f32>().unwrap();
        // √48 pixels and colours of 0.5, over a spread of 1.6.
        assert!((coefficients[0] - 0.5 * 48f32.sqrt() / 1.6).abs() < 1e-5);
        assert!(coefficients[1..].iter().all(|c| c.abs() < 1e-4));
    }
}
