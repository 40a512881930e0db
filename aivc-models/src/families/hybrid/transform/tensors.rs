//! The twin of the integer transforms for training, in floats of levels of 8-bit video about the
//! middle.

use std::sync::LazyLock;

use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

use super::layout::{Coefficient, by_frequency, latent_runs};
use crate::layers::{pixel_shuffle, pixel_unshuffle, pointwise};

/// A batch of 4:2:0 frames, in levels of 8-bit video about the middle: −128 to 127.
#[derive(Debug, Clone)]
pub struct FrameTensors<B: Backend> {
    /// `[batch, 1, height, width]`, both multiples of 16.
    pub luma: Tensor<B, 4>,
    /// Blue and red difference, `[batch, 2, height/2, width/2]`.
    pub chroma: Tensor<B, 4>,
}

impl<B: Backend> FrameTensors<B> {
    /// Frames that are grey all over, of this size.
    pub fn grey_like(&self) -> Self {
        Self {
            luma: self.luma.zeros_like(),
            chroma: self.chroma.zeros_like(),
        }
    }

    /// The sum of two batches.
    pub fn plus(self, other: Self) -> Self {
        Self {
            luma: self.luma + other.luma,
            chroma: self.chroma + other.chroma,
        }
    }

    /// What these frames have more than others.
    pub fn minus(self, other: Self) -> Self {
        Self {
            luma: self.luma - other.luma,
            chroma: self.chroma - other.chroma,
        }
    }
}

/// The latent's coefficients.
///
/// # Shapes
/// To `[batch, 384, height/16, width/16]`.
pub(crate) fn latent_of<B: Backend>(frames: FrameTensors<B>) -> Tensor<B, 4> {
    static LUMA: LazyLock<Vec<f32>> = LazyLock::new(|| matrix(&by_frequency(0, 16), 16));
    static CHROMA: LazyLock<Vec<f32>> = LazyLock::new(|| matrix(&by_frequency(1, 8), 8));
    let chroma = |index| {
        let plane = frames.chroma.clone().narrow(1, index, 1);
        apply(pixel_unshuffle(plane, 8), &CHROMA)
    };
    let planes = [
        apply(pixel_unshuffle(frames.luma.clone(), 16), &LUMA),
        chroma(0),
        chroma(1),
    ];
    let runs =
        latent_runs().map(|(plane, start, count)| planes[plane].clone().narrow(1, start, count));
    Tensor::cat(runs.collect(), 1)
}

/// The inverse of [`latent_of`].
pub(crate) fn frame_of_latent<B: Backend>(latent: Tensor<B, 4>) -> FrameTensors<B> {
    static LUMA: LazyLock<Vec<f32>> =
        LazyLock::new(|| transposed(&matrix(&by_frequency(0, 16), 16)));
    static CHROMA: LazyLock<Vec<f32>> =
        LazyLock::new(|| transposed(&matrix(&by_frequency(1, 8), 8)));
    let mut runs: [Vec<Tensor<B, 4>>; 3] = Default::default();
    let mut start = 0;
    for (plane, _, count) in latent_runs() {
        runs[plane].push(latent.clone().narrow(1, start, count));
        start += count;
    }
    let [luma, blue, red] = runs.map(|runs| Tensor::cat(runs, 1));
    let chroma = |plane| pixel_shuffle(apply(plane, &CHROMA), 8);
    FrameTensors {
        luma: pixel_shuffle(apply(luma, &LUMA), 16),
        chroma: Tensor::cat(vec![chroma(blue), chroma(red)], 1),
    }
}

/// The coefficients of 8×8 luma and 4×4 chroma samples.
///
/// # Shapes
/// To `[batch, 96, height/8, width/8]`.
pub(crate) fn detail_of<B: Backend>(frames: FrameTensors<B>) -> Tensor<B, 4> {
    static LUMA: LazyLock<Vec<f32>> = LazyLock::new(|| matrix(&by_rows(0, 8), 8));
    static CHROMA: LazyLock<Vec<f32>> = LazyLock::new(|| matrix(&by_rows(1, 4), 4));
    let chroma = |index| {
        let plane = frames.chroma.clone().narrow(1, index, 1);
        apply(pixel_unshuffle(plane, 4), &CHROMA)
    };
    let luma = apply(pixel_unshuffle(frames.luma.clone(), 8), &LUMA);
    Tensor::cat(vec![luma, chroma(0), chroma(1)], 1)
}

/// The inverse of [`detail_of`].
pub(crate) fn frame_of_detail<B: Backend>(detail: Tensor<B, 4>) -> FrameTensors<B> {
    static LUMA: LazyLock<Vec<f32>> = LazyLock::new(|| transposed(&matrix(&by_rows(0, 8), 8)));
    static CHROMA: LazyLock<Vec<f32>> = LazyLock::new(|| transposed(&matrix(&by_rows(1, 4), 4)));
    let chroma = |start| pixel_shuffle(apply(detail.clone().narrow(1, start, 16), &CHROMA), 4);
    FrameTensors {
        luma: pixel_shuffle(apply(detail.clone().narrow(1, 0, 64), &LUMA), 8),
        chroma: Tensor::cat(vec![chroma(64), chroma(80)], 1),
    }
}

fn by_rows(plane: usize, side: usize) -> Vec<Coefficient> {
    super::detail_layout()
        .filter(|c| c.plane == plane)
        .inspect(|c| debug_assert!(c.row < side))
        .collect()
}

/// A row for each coefficient, a column for each sample of the block.
fn matrix(coefficients: &[Coefficient], side: usize) -> Vec<f32> {
    let wave = |frequency: usize, position: usize| {
        let norm = if frequency == 0 { 1.0 } else { 2.0 };
        let angle = (2 * position + 1) as f64 * frequency as f64 * std::f64::consts::PI;
        (norm / side as f64).sqrt() * (angle / (2 * side) as f64).cos()
    };
    coefficients
        .iter()
        .flat_map(|c| {
            (0..side * side)
                .map(|index| (wave(c.row, index / side) * wave(c.column, index % side)) as f32)
        })
        .collect()
}

fn transposed(matrix: &[f32]) -> Vec<f32> {
    let side = matrix.len().isqrt();
    (0..side * side)
        .map(|index| matrix[index % side * side + index / side])
        .collect()
}

fn apply<B: Backend>(channels: Tensor<B, 4>, matrix: &[f32]) -> Tensor<B, 4> {
    let side = matrix.len().isqrt();
    let data = TensorData::new(matrix.to_vec(), [side, side]);
    let matrix = Tensor::<B, 2>::from_data(data, &channels.device());
    pointwise(channels, matrix, None)
}

#[cfg(test)]
mod tests {
    use super::super::{CoefficientPlanes, FramePlanes, SIXTEENTHS};
    use super::*;
    use crate::families::hybrid::motion::{SamplePlane, Yuv420Picture};
    use burn::backend::Flex;

    fn frame() -> FramePlanes {
        let plane = |side: usize, factor: usize| {
            let samples = (0..side * side).map(|i| (i * i * factor % 251) as u16);
            SamplePlane::new(side, side, samples.collect())
        };
        FramePlanes::of_picture(&Yuv420Picture {
            planes: [plane(48, 1), plane(24, 3), plane(24, 7)],
            maximum: 255,
        })
    }

    fn tensors(frame: &FramePlanes) -> FrameTensors<Flex> {
        let device = Default::default();
        let floats = |plane: &[i32]| -> Vec<f32> {
            plane
                .iter()
                .map(|&v| v as f32 / SIXTEENTHS as f32)
                .collect()
        };
        let [luma, blue, red] = frame.values().map(floats);
        let chroma = [blue, red].concat();
        FrameTensors {
            luma: Tensor::from_data(TensorData::new(luma, [1, 1, 48, 48]), &device),
            chroma: Tensor::from_data(TensorData::new(chroma, [1, 2, 24, 24]), &device),
        }
    }

    fn assert_alike(tensor: Tensor<Flex, 4>, integers: &CoefficientPlanes) {
        let (rows, columns) = (integers.rows, integers.columns);
        assert_eq!(tensor.dims(), [1, integers.channels, rows, columns]);
        let values = tensor.to_data().to_vec::<f32>().unwrap();
        for (value, &integer) in values.iter().zip(&integers.values) {
            // The integers' matrix has 11 bits, and they are rounded twice.
            let difference = (value * SIXTEENTHS as f32 - integer as f32).abs();
            assert!(difference <= 4.0 + value.abs() * 0.02, "{value} {integer}");
        }
    }

    #[test]
    fn tensors_agree_with_integers_and_their_inverses_undo_them() {
        let frame = frame();
        let tensors = tensors(&frame);
        assert_alike(latent_of(tensors.clone()), &frame.latent());
        assert_alike(detail_of(tensors.clone()), &frame.detail());
        for back in [
            frame_of_latent(latent_of(tensors.clone())),
            frame_of_detail(detail_of(tensors.clone())),
        ] {
            for (a, b) in [(back.luma, &tensors.luma), (back.chroma, &tensors.chroma)] {
                let worst = (a - b.clone()).abs().max().into_scalar();
                assert!(worst < 1e-3, "{worst}");
            }
        }
    }
}
