//! Modules to tensors by name, and back.

use std::collections::{BTreeSet, HashMap};

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData, f16};
use safetensors::tensor::Dtype;

use super::{WeightsError, WeightsFile};
use crate::layers::ActivationFormat;

impl WeightsFile {
    /// Stores every float parameter of a module as F16, under the path of its fields.
    pub fn store_parameters<B: Backend, M: Module<B>>(&mut self, module: &M) {
        module.visit(&mut Store { file: self });
    }

    /// Fills a module's parameters. `exact` names the exact layers with their formats: their
    /// integers are proved and put in as floats.
    ///
    /// # Errors
    /// [`WeightsError`] if a tensor is missing, left over, of the wrong shape or type or not
    /// finite, or an exact layer's bound does not hold.
    pub fn load_parameters<B: Backend, M: Module<B>>(
        &self,
        module: M,
        exact: &[(&'static str, ActivationFormat, ActivationFormat)],
        device: &B::Device,
    ) -> Result<M, WeightsError> {
        let mut load = Load {
            file: self,
            exact: exact.iter().map(|&(name, input, output)| (name, (input, output))).collect(),
            device,
            path: Vec::new(),
            used: BTreeSet::new(),
            error: None,
        };
        let module = module.map(&mut load);
        if let Some(error) = load.error {
            return Err(error);
        }
        let used = load.used;
        match self.tensors.keys().find(|name| !name.starts_with("tables.") && !used.contains(*name)) {
            Some(name) => Err(WeightsError::Unexpected { name: name.clone() }),
            None => Ok(module),
        }
    }
}

/// Rounds every float parameter to the nearest 16-bit float, except below the field `keep`.
pub(crate) fn round_to_half<B: Backend, M: Module<B>>(module: M, keep: &str) -> M {
    module.map(&mut Half { keep, path: Vec::new() })
}

struct Store<'a> {
    file: &'a mut WeightsFile,
}

impl<B: Backend> ModuleVisitor<B> for Store<'_> {
    fn visit_float_with_path<const D: usize>(&mut self, path: &[String], _: ParamId, tensor: &Tensor<B, D>) {
        let bytes = host_values(tensor.clone())
            .into_iter()
            .flat_map(|value| f16::from_f32(value).to_le_bytes())
            .collect();
        self.file.insert(path.join("."), Dtype::F16, tensor.dims().to_vec(), bytes);
    }
}

struct Load<'a, B: Backend> {
    file: &'a WeightsFile,
    exact: HashMap<&'static str, (ActivationFormat, ActivationFormat)>,
    device: &'a B::Device,
    path: Vec<String>,
    used: BTreeSet<String>,
    error: Option<WeightsError>,
}

impl<B: Backend> Load<'_, B> {
    fn values(&mut self, shape: &[usize]) -> Result<Vec<f32>, WeightsError> {
        let name = self.path.join(".");
        if let Some((layer, field)) = name.rsplit_once('.')
            && let Some(&(input, output)) = self.exact.get(layer)
        {
            return self.exact_values(layer, field, input, output);
        }
        let bytes = self.file.typed(&name, Dtype::F16, "F16", shape)?;
        let values: Vec<f32> =
            bytes.as_chunks::<2>().0.iter().map(|bytes| f16::from_le_bytes(*bytes).to_f32()).collect();
        if !values.iter().all(|value| value.is_finite()) {
            return Err(WeightsError::NotFinite { name });
        }
        self.used.insert(name);
        Ok(values)
    }

    fn exact_values(
        &mut self,
        layer: &str,
        field: &str,
        input: ActivationFormat,
        output: ActivationFormat,
    ) -> Result<Vec<f32>, WeightsError> {
        let shape = self.file.tensors.get(&format!("{layer}.weight")).map(|tensor| tensor.shape.as_slice());
        let shape: [usize; 4] = shape
            .and_then(|shape| shape.try_into().ok())
            .ok_or_else(|| WeightsError::Missing { name: format!("{layer}.weight") })?;
        let weights = self.file.exact(layer, shape)?;
        weights
            .prove(input, output)
            .map_err(|source| WeightsError::Exact { layer: layer.to_owned(), source })?;
        for part in ["weight", "exponents", "bias"] {
            self.used.insert(format!("{layer}.{part}"));
        }
        Ok(if field == "weight" { weights.weight_values() } else { weights.bias_values(input) })
    }
}

impl<B: Backend> ModuleMapper<B> for Load<'_, B> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<B, D>>) -> Param<Tensor<B, D>> {
        if self.error.is_some() {
            return param;
        }
        let shape = param.dims();
        match self.values(&shape) {
            Ok(values) if values.len() == shape.iter().product::<usize>() => {
                let tensor = Tensor::from_data(TensorData::new(values, shape), self.device);
                param.map(|_| tensor)
            }
            Ok(values) => {
                let name = self.path.join(".");
                let (actual, expected) = (vec![values.len()], shape.to_vec());
                self.error = Some(WeightsError::Shape { name, actual, expected });
                param
            }
            Err(error) => {
                self.error = Some(error);
                param
            }
        }
    }
}

struct Half<'a> {
    keep: &'a str,
    path: Vec<String>,
}

impl<B: Backend> ModuleMapper<B> for Half<'_> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<B, D>>) -> Param<Tensor<B, D>> {
        if self.path.first().is_some_and(|field| field == self.keep) {
            return param;
        }
        param.map(|tensor| {
            let (shape, device) = (tensor.dims(), tensor.device());
            let rounded: Vec<f32> =
                host_values(tensor).into_iter().map(|value| f16::from_f32(value).to_f32()).collect();
            Tensor::from_data(TensorData::new(rounded, shape), &device)
        })
    }
}

fn host_values<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> Vec<f32> {
    tensor.into_data().convert::<f32>().to_vec().expect("converted to f32")
}
