use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

/// The least multiple of `multiple` that holds `size`.
pub fn padded_size(size: usize, multiple: usize) -> usize {
    size.div_ceil(multiple) * multiple
}

/// Grows a picture to the right and downwards to a multiple of `multiple`, by repeating its last
/// column and row: cheap to code, and free of edges that are not in the picture.
///
/// # Shapes
/// `[batch, channels, height, width]` to
/// `[batch, channels, padded_size(height), padded_size(width)]`.
pub fn pad_to_multiple<B: Backend>(picture: Tensor<B, 4>, multiple: usize) -> Tensor<B, 4> {
    let [_, _, height, width] = picture.dims();
    let picture = repeat_last(picture, 2, padded_size(height, multiple) - height);
    repeat_last(picture, 3, padded_size(width, multiple) - width)
}

/// Grows a tensor on all four sides by repeating its first and last rows and columns.
///
/// # Shapes
/// `[batch, channels, height, width]` to
/// `[batch, channels, height + 2·reach, width + 2·reach]`.
pub fn pad_edges<B: Backend>(tensor: Tensor<B, 4>, reach: usize) -> Tensor<B, 4> {
    if reach == 0 {
        return tensor;
    }
    [2, 3].into_iter().fold(tensor, |tensor, dim| {
        let size = tensor.dims()[dim];
        let edge = |at| tensor.clone().narrow(dim, at, 1).repeat_dim(dim, reach);
        let (first, last) = (edge(0), edge(size - 1));
        Tensor::cat(vec![first, tensor, last], dim)
    })
}

/// The top left `height × width` pixels: the inverse of [`pad_to_multiple`].
///
/// # Shapes
/// `[batch, channels, ≥ height, ≥ width]` to `[batch, channels, height, width]`.
pub fn crop<B: Backend>(picture: Tensor<B, 4>, height: usize, width: usize) -> Tensor<B, 4> {
    picture.narrow(2, 0, height).narrow(3, 0, width)
}

fn repeat_last<B: Backend>(picture: Tensor<B, 4>, dim: usize, times: usize) -> Tensor<B, 4> {
    if times == 0 {
        return picture;
    }
    let last = picture.clone().narrow(dim, picture.dims()[dim] - 1, 1);
    Tensor::cat(vec![picture, last.repeat_dim(dim, times)], dim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::Flex;

    #[test]
    fn padding_repeats_the_edge_and_crop_undoes_it() {
        let device = Default::default();
        let picture = Tensor::<Flex, 4>::from_data([[[[1., 2., 3.], [4., 5., 6.]]]], &device);
        let padded = pad_to_multiple(picture.clone(), 4);
        assert_eq!(
            padded.to_data().to_vec::<f32>().unwrap(),
            [
                1., 2., 3., 3., 4., 5., 6., 6., 4., 5., 6., 6., 4., 5., 6., 6.
            ]
        );
        assert_eq!(crop(padded, 2, 3).to_data(), picture.to_data());
    }

    #[test]
    fn edges_are_repeated_on_all_sides() {
        let device = Default::default();
        let tensor = Tensor::<Flex, 4>::from_data([[[[1., 2.], [3., 4.]]]], &device);
        assert_eq!(
            pad_edges(tensor, 1).to_data().to_vec::<f32>().unwrap(),
            [
                1., 1., 2., 2., 1., 1., 2., 2., 3., 3., 4., 4., 3., 3., 4., 4.
            ]
        );
    }
}
