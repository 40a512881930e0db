use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn::tensor::backend::Backend;

/// How far the patches that should score higher are from doing so by 1: the mean of
/// `max(0, 1 − (higher − lower))`.
///
/// With the original's scores as the higher ones it is the discriminator's loss, with those of the
/// other picture its opponent's. Patches are compared with their own originals, since these are
/// known here.
///
/// Source: Jolicoeur-Martineau, "The Relativistic Discriminator: a Key Element Missing from
/// Standard GAN", 2018, with the hinge in place of a logarithm.
///
/// # Shapes
/// Two of `[batch, 1, height, width]`, to `[1]`.
pub fn relativistic_hinge<B: Backend>(higher: Tensor<B, 4>, lower: Tensor<B, 4>) -> Tensor<B, 1> {
    relu(lower - higher + 1.0).mean()
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::Flex;

    #[test]
    fn only_patches_that_are_not_ahead_by_one_count() {
        let device = Default::default();
        let scores = |values: [f32; 4]| {
            Tensor::<Flex, 1>::from_floats(values, &device).reshape([1, 1, 2, 2])
        };
        // Ahead by 2, by 1, by 0, behind by 3: 0 + 0 + 1 + 4.
        let loss = relativistic_hinge(scores([2., 1., 0., -3.]), scores([0.; 4]));
        assert!((loss.into_scalar() - 1.25).abs() < 1e-6);
    }
}
