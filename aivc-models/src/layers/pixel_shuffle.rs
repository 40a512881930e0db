use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

/// Moves blocks of `factor × factor` pixels into channels.
///
/// Output channel `c·factor² + dy·factor + dx` is pixel `(dy, dx)` of each block of input channel
/// `c`. The inverse is [`pixel_shuffle`].
///
/// # Shapes
/// `[batch, channels, height, width]` to
/// `[batch, channels·factor², height / factor, width / factor]`.
///
/// # Panics
/// If height or width is no multiple of `factor`.
pub fn pixel_unshuffle<B: Backend>(input: Tensor<B, 4>, factor: usize) -> Tensor<B, 4> {
    let [batch, channels, height, width] = input.dims();
    assert!(
        height % factor == 0 && width % factor == 0,
        "{height}x{width} is no multiple of {factor}"
    );
    let (rows, columns) = (height / factor, width / factor);
    input
        .reshape([batch, channels, rows, factor, columns, factor])
        .permute([0, 1, 3, 5, 2, 4])
        .reshape([batch, channels * factor * factor, rows, columns])
}

/// Moves channels into blocks of `factor × factor` pixels: the sub-pixel rearrangement of
/// Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel
/// Convolutional Neural Network", 2016. The inverse of [`pixel_unshuffle`].
///
/// # Shapes
/// `[batch, channels·factor², height, width]` to
/// `[batch, channels, height·factor, width·factor]`.
///
/// # Panics
/// If the number of channels is no multiple of `factor²`.
pub fn pixel_shuffle<B: Backend>(input: Tensor<B, 4>, factor: usize) -> Tensor<B, 4> {
    let [batch, channels, rows, columns] = input.dims();
    assert!(
        channels % (factor * factor) == 0,
        "{channels} channels are no multiple of {factor}²"
    );
    let channels = channels / (factor * factor);
    input
        .reshape([batch, channels, factor, factor, rows, columns])
        .permute([0, 1, 4, 2, 5, 3])
        .reshape([batch, channels, rows * factor, columns * factor])
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::Flex;

    #[test]
    fn unshuffle_puts_block_pixels_into_channels_and_shuffle_puts_them_back() {
        let device = Default::default();
        let picture = Tensor::<Flex, 1>::from_data(
            [
                0., 1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11., 12., 13., 14., 15.,
            ],
            &device,
        )
        .reshape([1, 1, 4, 4]);
        let channels = pixel_unshuffle(picture.clone(), 2);
        assert_eq!(
            channels.to_data().to_vec::<f32>().unwrap(),
            [
                0., 2., 8., 10., 1., 3., 9., 11., 4., 6., 12., 14., 5., 7., 13., 15.
            ]
        );
        assert_eq!(pixel_shuffle(channels, 2).to_data(), picture.to_data());
    }
}
