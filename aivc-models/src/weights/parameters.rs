//! Modules to tensors by name, and back.

use std::collections::BTreeSet;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData, f16};
use safetensors::tensor::Dtype;

use super::{WeightsError, WeightsFile};
use crate::layers::ExactConv2d;

/// The tensors of an exact layer.
const EXACT_PARTS: [&str; 3] = ["weight", "exponents", "bias"];

impl WeightsFile {
    /// Stores every float parameter of a module as F16, under the path of its fields.
    pub fn store_parameters<B: Backend, M: Module<B>>(&mut self, module: &M) {
        module.visit(&mut Store {
            file: self,
            path: Vec::new(),
        });
    }

    /// Fills a module's float parameters, without initializing them first. Exact layers, named by
    /// `exact`, are left to [`load_exact`](Self::load_exact), and the tables of the names `tables`
    /// to [`tables`](Self::tables).
    ///
    /// # Errors
    /// [`WeightsError`] if a tensor is missing, left over, of the wrong shape or type or not
    /// finite.
    pub fn load_parameters<B: Backend, M: Module<B>>(
        &self,
        module: M,
        exact: &[&str],
        tables: &[&str],
        device: &B::Device,
    ) -> Result<M, WeightsError> {
        let parts = exact
            .iter()
            .flat_map(|layer| EXACT_PARTS.map(|part| format!("{layer}.{part}")));
        let used = parts
            .chain(tables.iter().map(|&name| name.to_owned()))
            .collect();
        let mut load = Load {
            file: self,
            exact,
            device,
            path: Vec::new(),
            used,
            error: None,
        };
        let module = module.map(&mut load);
        if let Some(error) = load.error {
            return Err(error);
        }
        match self.tensors.keys().find(|name| !load.used.contains(*name)) {
            Some(name) => Err(WeightsError::Unexpected { name: name.clone() }),
            None => Ok(module),
        }
    }

    /// Fills the float parameters of a module with those that the part `part` of a model has: first
    /// weights of another model, which are trained on.
    ///
    /// # Errors
    /// [`WeightsError`] if a tensor is missing, of the wrong shape or type or not finite.
    pub(crate) fn load_part<B: Backend, M: Module<B>>(
        &self,
        part: &str,
        module: M,
        device: &B::Device,
    ) -> Result<M, WeightsError> {
        let mut load = Load {
            file: self,
            exact: &[],
            device,
            path: vec![part.to_owned()],
            used: BTreeSet::new(),
            error: None,
        };
        let module = module.map(&mut load);
        load.error.map_or(Ok(module), Err)
    }

    /// The layer with the integers of the exact layer `name`, as they are in the file.
    ///
    /// # Errors
    /// [`WeightsError`] if a tensor is missing or of the wrong shape or type, or the bound of the
    /// sums does not hold.
    pub fn load_exact<B: Backend>(
        &self,
        name: &str,
        layer: ExactConv2d<B>,
    ) -> Result<ExactConv2d<B>, WeightsError> {
        let weights = self.exact(name, layer.weight_shape())?;
        weights
            .prove(layer.input_format(), layer.output_format())
            .map_err(|source| WeightsError::Exact {
                layer: name.to_owned(),
                source,
            })?;
        Ok(layer.with_dyadic(weights))
    }
}

/// Rounds every float parameter to the nearest 16-bit float, except those of exact layers.
pub(crate) fn round_to_half<B: Backend, M: Module<B>>(module: M, exact: &[&str]) -> M {
    module.map(&mut Half {
        exact,
        path: Vec::new(),
    })
}

/// Whether a parameter's path leads into one of the layers.
fn is_part_of(layers: &[&str], path: &[String]) -> bool {
    path.split_last()
        .is_some_and(|(_, layer)| layers.contains(&layer.join(".").as_str()))
}

struct Store<'a> {
    file: &'a mut WeightsFile,
    path: Vec<String>,
}

impl<B: Backend> ModuleVisitor<B> for Store<'_> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    // burn's modules never call `visit_float_with_path`; the path has to be followed by hand.
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        let tensor = param.val();
        let shape = tensor.dims().to_vec();
        let bytes = host_values(tensor)
            .into_iter()
            .flat_map(|value| f16::from_f32(value).to_le_bytes())
            .collect();
        self.file
            .insert(self.path.join("."), Dtype::F16, shape, bytes);
    }
}

struct Load<'a, B: Backend> {
    file: &'a WeightsFile,
    exact: &'a [&'a str],
    device: &'a B::Device,
    path: Vec<String>,
    used: BTreeSet<String>,
    error: Option<WeightsError>,
}

impl<B: Backend> Load<'_, B> {
    fn values(&mut self, shape: &[usize]) -> Result<Vec<f32>, WeightsError> {
        let name = self.path.join(".");
        let (values, names) = self.file.float_values(&name, shape)?;
        self.used.extend(names);
        Ok(values)
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
        if self.error.is_some() || is_part_of(self.exact, &self.path) {
            return param;
        }
        // The sizes that the configuration asks for are not to be allocated before the file is
        // known to hold as much.
        let shape = param.lazy_shape();
        match self.values(&shape) {
            Ok(values) => {
                let tensor = Tensor::from_data(TensorData::new(values, shape), self.device);
                // Without effect on a backend that does not train.
                Param::initialized(param.id, tensor.require_grad())
            }
            Err(error) => {
                self.error = Some(error);
                param
            }
        }
    }
}

struct Half<'a> {
    exact: &'a [&'a str],
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
        if is_part_of(self.exact, &self.path) {
            return param;
        }
        param.map(|tensor| {
            let (shape, device) = (tensor.dims(), tensor.device());
            let rounded: Vec<f32> = host_values(tensor)
                .into_iter()
                .map(|value| f16::from_f32(value).to_f32())
                .collect();
            Tensor::from_data(TensorData::new(rounded, shape), &device)
        })
    }
}

fn host_values<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> Vec<f32> {
    tensor
        .into_data()
        .convert::<f32>()
        .to_vec()
        .expect("converted to f32")
}
