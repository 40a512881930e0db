//! First weights: from files, and from one module to another of the same form.

use std::fs;
use std::path::Path;

use aivc_models::weights::WeightsFile;

use burn::module::{AutodiffModule, Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::{Tensor, TensorData};

use super::TrainingError;

/// A weights file that a recipe names.
///
/// # Errors
/// [`TrainingError`] if it cannot be read or is damaged.
pub(super) fn read_weights(path: &Path) -> Result<WeightsFile, TrainingError> {
    let bytes = fs::read(path).map_err(TrainingError::io(path))?;
    Ok(WeightsFile::from_bytes(&bytes)?)
}

/// A network with the values of one that knows no gradients. What is trained stays as it is.
pub(super) fn with_values_of<B: AutodiffBackend, M: AutodiffModule<B>>(
    network: M,
    values: &M::InnerModule,
) -> M {
    let mut collected = Collect(Vec::new());
    values.visit(&mut collected);
    network.map(&mut Replace(collected.0.into_iter()))
}

struct Collect(Vec<TensorData>);

impl<B: Backend> ModuleVisitor<B> for Collect {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        self.0.push(param.val().into_data());
    }
}

struct Replace(std::vec::IntoIter<TensorData>);

impl<B: Backend> ModuleMapper<B> for Replace {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<B, D>>) -> Param<Tensor<B, D>> {
        let data = self.0.next().expect("modules of the same form");
        let trained = param.is_require_grad();
        param.map(|tensor| Tensor::from_data(data, &tensor.device()).set_require_grad(trained))
    }
}
