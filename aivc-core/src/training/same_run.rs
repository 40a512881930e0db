//! Whether a recipe goes on with the run that a checkpoint is of.

use std::path::PathBuf;

use super::recipe::ModelRecipe;
use super::{Recipe, TrainingError};

/// Steps, batches, learning rate and data may change between pieces of a run; model, seed and loss
/// may not.
///
/// # Errors
/// [`TrainingError::OtherRecipe`], with the field that differs.
pub(super) fn check_same_run(recipe: &Recipe, saved: &Recipe) -> Result<(), TrainingError> {
    let other = |field| TrainingError::OtherRecipe {
        path: recipe.output.clone(),
        field,
    };
    // The saved one has been through JSON, which serde_json does not read back to the last bit.
    let json = serde_json::to_string(recipe).expect("recipes are plain data");
    let Recipe {
        model,
        seed,
        loss,
        distillation,
        ..
    } = serde_json::from_str(&json).expect("written by the same definition");
    if file_names_only(model) != file_names_only(saved.model.clone()) {
        return Err(other("model"));
    }
    if seed != saved.seed {
        return Err(other("seed"));
    }
    if loss != saved.loss {
        return Err(other("loss"));
    }
    let same_teacher = match (&distillation, &saved.distillation) {
        (Some(now), Some(before)) => now.continues(before),
        (now, before) => now == before,
    };
    if !same_teacher {
        return Err(other("distillation"));
    }
    Ok(())
}

/// A model whose first weights are named without their folders, which differ between machines.
fn file_names_only(mut model: ModelRecipe) -> ModelRecipe {
    let path = match &mut model {
        ModelRecipe::Hyperprior3d {
            pictures: Some(path),
            ..
        } => path,
        ModelRecipe::Hybrid {
            inter: Some(inter), ..
        } => &mut inter.key,
        ModelRecipe::HybridDistributions { training } => &mut training.codec,
        ModelRecipe::HybridRestoration { training, .. } => &mut training.codec,
        _ => return model,
    };
    if let Some(name) = path.file_name() {
        *path = PathBuf::from(name);
    }
    model
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECIPE: &str = r#"
        name = "tiny"
        output = "run"
        seed = 1
        loss = { lambda_lowest = 0.01, lambda_highest = 0.01 }
        [model]
        family = "hyperprior3d"
        transform = { blocks = 0, hidden = 4, latent = 4 }
        blocks = 1
        hidden = 4
        hyper = 4
        pictures = "PICTURES"
        [optimization]
        steps = 30
        batch = 1
        crop = 64
        learning_rate = { peak = 1e-3, last = 1e-3 }
        gradient_norm = 1.0
        averaging = 0.9
        checkpoint_every = 2
        log_every = 1
        [data]
        sources = [{ path = "pictures", kind = "pictures", weight = 1.0 }]
    "#;

    #[test]
    fn a_run_goes_on_where_its_first_weights_lie_elsewhere_but_not_with_others() {
        let of = |pictures: &str| {
            let recipe = RECIPE.replace("PICTURES", pictures);
            toml::from_str::<Recipe>(&recipe).unwrap()
        };
        check_same_run(&of("there/a.safetensors"), &of("/here/a.safetensors")).unwrap();
        let error =
            check_same_run(&of("here/a.safetensors"), &of("here/b.safetensors")).unwrap_err();
        assert!(
            matches!(error, TrainingError::OtherRecipe { field: "model", .. }),
            "{error}"
        );
    }
}
