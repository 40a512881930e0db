use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Training of a refinement: what coded the pictures that it gets, and what it is to make of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefinementRecipe {
    /// Built-in models, or weights files, that code the pictures of
    /// a batch in turn; the first one codes the validation.
    pub codecs: Vec<String>,
    /// What is minimized.
    pub objective: ObjectiveRecipe,
}

/// Weights of the parts of a refinement's loss.
///
/// Squared error, MS-SSIM and LPIPS of a picture are divided by those that it has without
/// refinement, so that every quality counts alike and the sum of the weights is the loss of a
/// network that changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectiveRecipe {
    /// Of the squared error.
    pub squared_error: f64,
    /// Of `1 − MS-SSIM`.
    pub ms_ssim: f64,
    /// LPIPS, by weights that are not part of this library.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lpips: Option<LpipsRecipe>,
    /// A discriminator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adversarial: Option<AdversarialRecipe>,
}

/// The part of LPIPS in a loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LpipsRecipe {
    /// Its weights file (see `docs/bench.md`).
    pub weights: PathBuf,
    /// Its weight in the loss.
    pub weight: f64,
}

/// The part of a discriminator in a loss.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdversarialRecipe {
    /// Weight that the refinement's adversarial loss rises to.
    pub weight: f64,
    /// Step from which the discriminator learns.
    pub from_step: u64,
    /// Steps over which the weight rises from 0, after that.
    pub rise: u64,
}

impl AdversarialRecipe {
    /// The weight at a step; none before the discriminator learns.
    pub(super) fn weight_at(&self, step: u64) -> Option<f64> {
        let since = step.checked_sub(self.from_step)?;
        let share = (since as f64 / self.rise.max(1) as f64).min(1.0);
        Some(self.weight * share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_adversarial_weight_rises_after_the_warm_up() {
        let recipe = AdversarialRecipe {
            weight: 0.5,
            from_step: 10,
            rise: 4,
        };
        let weights = [0, 9, 10, 12, 14, 100].map(|step| recipe.weight_at(step));
        let expected = [None, None, Some(0.0), Some(0.25), Some(0.5), Some(0.5)];
        assert_eq!(weights, expected);
    }
}
