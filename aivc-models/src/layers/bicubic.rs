use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::pad_edges;

/// The cubic kernel of Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981
/// (a = −1/2), at 1.25, 0.25, 0.75 and 1.75 pixels.
const TAPS: [f64; 4] = [-0.070_312_5, 0.867_187_5, 0.226_562_5, -0.023_437_5];

/// Enlarges pictures to twice their size, by bicubic interpolation. Pixels are squares: new ones
/// lie a quarter of a pixel beside the old ones. Edges are repeated.
///
/// # Shapes
/// `[batch, channels, height, width]` to `[batch, channels, 2·height, 2·width]`.
pub fn bicubic_double<B: Backend>(pictures: Tensor<B, 4>) -> Tensor<B, 4> {
    let [batch, channels, height, width] = pictures.dims();
    let padded = pad_edges(pictures, 2);
    let rows = between(padded, 2, height);
    let tall = Tensor::stack::<5>(rows.to_vec(), 3);
    let tall = tall.reshape([batch, channels, 2 * height, width + 4]);
    let columns = between(tall, 3, width);
    Tensor::stack::<5>(columns.to_vec(), 4).reshape([batch, channels, 2 * height, 2 * width])
}

/// The values a quarter of a pixel before and after each of `size` pixels, beside which there are
/// two more.
fn between<B: Backend>(padded: Tensor<B, 4>, dim: usize, size: usize) -> [Tensor<B, 4>; 2] {
    let weighted = |offset: usize, weights: [f64; 4]| {
        let taps = weights.iter().enumerate();
        taps.map(|(tap, &weight)| padded.clone().narrow(dim, offset + tap, size) * weight)
            .reduce(|a, b| a + b)
            .expect("there are four taps")
    };
    let [a, b, c, d] = TAPS;
    // Before a pixel, itself and the one left of it are the near ones; after it, the one right.
    [weighted(0, [d, c, b, a]), weighted(1, [a, b, c, d])]
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::Flex;

    #[test]
    fn a_slope_goes_on_as_a_slope() {
        let device = Default::default();
        let slope: Vec<f32> = (0..8).map(|x| x as f32).collect();
        let picture = Tensor::<Flex, 1>::from_floats(slope.as_slice(), &device)
            .reshape([1, 1, 1, 8])
            .repeat_dim(2, 7);
        for transposed in [false, true] {
            let picture = picture.clone();
            let picture = if transposed {
                picture.swap_dims(2, 3)
            } else {
                picture
            };
            let double = bicubic_double(picture);
            let double = if transposed {
                double.swap_dims(2, 3)
            } else {
                double
            };
            assert_eq!(double.dims(), [1, 1, 14, 16]);
            let row = double.narrow(2, 6, 1).into_data().to_vec::<f32>().unwrap();
            // Interpolation of third order is exact on a line; the ends know no line.
            for (x, value) in row.iter().enumerate().take(12).skip(4) {
                let expected = (x as f32 - 0.5) / 2.0;
                assert!((value - expected).abs() < 1e-5, "{x}: {value}");
            }
        }
    }
}
