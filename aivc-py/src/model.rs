use std::path::PathBuf;
use std::sync::OnceLock;

use aivc_core::model::{
    BUILTIN_MODELS, Backend, Model as CoreModel, ModelDescription, ModelError, WeightsFile,
};
use aivc_core::session::StreamHeader;
use pyo3::prelude::*;
use serde_json::json;

use crate::failure::Failure;

/// Weights on a backend, ready to code. Sessions that share one share its memory.
///
/// :param name: The name of a model that is built in, or a weights file; the default model if
///     nothing is said.
/// :param backend: What computes, by the name of a cargo feature: ``"flex"`` (the CPU) in the usual
///     build. Streams can be decoded on any of them.
/// :raises AivcError: :class:`ModelError`, :class:`InvalidArgumentError`, :class:`InputOutputError`.
#[pyclass(frozen, module = "aivc")]
pub struct Model {
    pub inner: CoreModel,
}

#[pymethods]
impl Model {
    #[new]
    #[pyo3(signature = (name = None, *, backend = None))]
    fn new(py: Python<'_>, name: Option<PathBuf>, backend: Option<&str>) -> Result<Self, Failure> {
        py.detach(|| {
            Ok(Self {
                inner: load(name, backend_named(backend)?)?,
            })
        })
    }

    /// A model from a weights file that is in memory.
    #[staticmethod]
    #[pyo3(signature = (data, *, backend = None))]
    fn from_bytes(py: Python<'_>, data: &[u8], backend: Option<&str>) -> Result<Self, Failure> {
        py.detach(|| {
            let weights = WeightsFile::from_bytes(data)?;
            Ok(Self {
                inner: CoreModel::from_weights(&weights, backend_named(backend)?)?,
            })
        })
    }

    /// The model's name.
    #[getter]
    fn name(&self) -> &str {
        self.inner.name()
    }

    /// The codec family.
    #[getter]
    fn family(&self) -> String {
        self.inner.family().to_string()
    }

    /// Content hash of the weights, which streams name, in hexadecimal digits.
    #[getter]
    fn hash(&self) -> String {
        self.inner.hash().to_string()
    }

    /// What computes.
    #[getter]
    fn backend(&self) -> &'static str {
        self.inner.backend().name()
    }

    fn __repr__(&self) -> String {
        format!(
            "<aivc.Model {:?} on {}, hash {}>",
            self.inner.name(),
            self.inner.backend(),
            self.inner.hash()
        )
    }
}

/// What an argument `model` names: a [`Model`], or what [`Model::new`] takes.
pub struct ModelArgument(Result<CoreModel, Option<PathBuf>>);

impl ModelArgument {
    pub fn extract(value: Option<&Bound<'_, PyAny>>) -> Result<Self, Failure> {
        let Some(value) = value else {
            return Ok(Self(Err(None)));
        };
        if let Ok(model) = value.cast::<Model>() {
            return Ok(Self(Ok(model.get().inner.clone())));
        }
        Ok(Self(Err(Some(value.extract()?))))
    }

    /// The model, the default one if none was named.
    pub fn or_default(self) -> Result<CoreModel, Failure> {
        match self.0 {
            Ok(model) => Ok(model),
            Err(None) => default_model(),
            Err(name) => load(name, Backend::default()),
        }
    }

    /// The model, the one that the stream names if none was named.
    pub fn or_of_stream(self, header: &StreamHeader) -> Result<CoreModel, Failure> {
        match self.0 {
            Ok(model) => Ok(model),
            Err(Some(name)) => load(Some(name), Backend::default()),
            Err(None) => {
                let model = default_model()?;
                if *model.hash().as_bytes() == header.weights_hash {
                    return Ok(model);
                }
                Ok(CoreModel::for_stream(header, Backend::default())?)
            }
        }
    }
}

/// The default model, loaded once: that takes a tenth of a second, a small frame a hundredth.
fn default_model() -> Result<CoreModel, Failure> {
    static MODEL: OnceLock<CoreModel> = OnceLock::new();
    if let Some(model) = MODEL.get() {
        return Ok(model.clone());
    }
    let model = CoreModel::default_model()?;
    Ok(MODEL.get_or_init(|| model).clone())
}

fn load(name: Option<PathBuf>, backend: Backend) -> Result<CoreModel, Failure> {
    match name {
        None => Ok(CoreModel::builtin(&BUILTIN_MODELS[0], backend)?),
        Some(name) => Ok(CoreModel::find(&name.to_string_lossy(), backend)?),
    }
}

pub fn backend_named(name: Option<&str>) -> Result<Backend, Failure> {
    Ok(match name {
        None => Backend::default(),
        Some(name) => name.parse()?,
    })
}

/// JSON of every model that is built in.
#[pyfunction]
pub fn builtin_models(py: Python<'_>) -> Result<String, Failure> {
    py.detach(|| {
        let mut models = Vec::new();
        for builtin in BUILTIN_MODELS {
            let weights = WeightsFile::from_bytes(builtin.weights)?;
            models.push(json!({
                "summary": builtin.description,
                "bytes": builtin.weights.len(),
                "model": ModelDescription::of(&weights)?,
            }));
        }
        Ok(json!(models).to_string())
    })
}

/// JSON of a weights file.
#[pyfunction]
pub fn describe_model(py: Python<'_>, path: PathBuf) -> Result<String, Failure> {
    py.detach(|| {
        let bytes = std::fs::read(&path).map_err(|source| ModelError::Io { path, source })?;
        let description = ModelDescription::of(&WeightsFile::from_bytes(&bytes)?)?;
        Ok(json!({"summary": "", "bytes": bytes.len(), "model": description}).to_string())
    })
}
