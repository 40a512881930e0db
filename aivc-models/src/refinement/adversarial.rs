use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::{PatchDiscriminator, RefinementConfig, RefinementNetwork};
use crate::losses::relativistic_hinge;

/// A network and what it has to deceive, trained together.
#[derive(Module, Debug)]
pub struct AdversarialRefinement<B: Backend> {
    /// What is wanted.
    pub refinement: RefinementNetwork<B>,
    /// What drives it; no part of weights files.
    pub discriminator: PatchDiscriminator<B>,
}

/// The two losses of an adversarial pair, each `[1]`.
#[derive(Debug, Clone)]
pub struct AdversarialLosses<B: Backend> {
    /// Falls as refined pictures pass for originals; gives the discriminator no gradient.
    pub refinement: Tensor<B, 1>,
    /// Falls as the discriminator tells them apart; gives the refinement no gradient.
    pub discriminator: Tensor<B, 1>,
}

impl<B: Backend> AdversarialRefinement<B> {
    /// The network before training, and a fresh discriminator.
    pub fn init(config: &RefinementConfig, device: &B::Device) -> Self {
        Self {
            refinement: config.init(device),
            discriminator: PatchDiscriminator::init(device),
        }
    }

    /// Losses of refined pictures, so that one backward pass of their sum trains both networks,
    /// each on its own loss.
    ///
    /// # Shapes
    /// Three of `[batch, 3, height, width]`, sides multiples of 4; `decoded` at the size shown.
    ///
    /// # Panics
    /// If the shapes differ or a side is no multiple of 4.
    pub fn losses(
        &self,
        original: Tensor<B, 4>,
        refined: Tensor<B, 4>,
        decoded: Tensor<B, 4>,
    ) -> AdversarialLosses<B> {
        let score = |judge: &PatchDiscriminator<B>, picture: &Tensor<B, 4>| {
            judge.forward(picture.clone(), decoded.clone())
        };
        // A copy that learns nothing, through which gradients reach the picture all the same.
        let judge = self.discriminator.clone().no_grad();
        let refinement =
            relativistic_hinge(score(&judge, &refined), score(&judge, &original).detach());
        let shown = refined.detach();
        let discriminator = relativistic_hinge(
            score(&self.discriminator, &original),
            score(&self.discriminator, &shown),
        );
        AdversarialLosses {
            refinement,
            discriminator,
        }
    }
}
