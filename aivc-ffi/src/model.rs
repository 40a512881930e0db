use std::ffi::c_char;
use std::str::FromStr;

use aivc_core::model::{BUILTIN_MODELS, Backend, Model, ModelDescription, WeightsFile};

use crate::AivcStatus;
use crate::arguments::{
    SizedStruct, bytes, check_struct, fixed_text, optional_text, reference, write,
};
use crate::failure::Failure;
use crate::guard::guard;
use crate::handle::into_raw;

/// Weights on a backend, ready to code. Never changes: sessions and threads may share it, and it
/// may be freed while sessions that were made with it go on.
pub struct AivcModel {
    pub(crate) model: Model,
}

/// A model that is part of the library.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct AivcBuiltinModel {
    /// `sizeof(AivcBuiltinModel)`.
    pub struct_size: usize,
    /// The name to open it by.
    pub name: [c_char; 72],
    /// The codec family.
    pub family: [c_char; 32],
    /// What it is, in a line.
    pub description: [c_char; 128],
    /// The hash of its weights that streams name, in hexadecimal digits.
    pub weights_hash: [c_char; 72],
    /// Bytes of its weights file.
    pub weights_bytes: u64,
    /// Number of parameters.
    pub parameters: u64,
    /// Quality levels: 64, or 1 if the weights fix the rate.
    pub quality_levels: u32,
    /// Thousands of multiplications that encoding costs a pixel.
    pub encoder_kmac_per_pixel: f64,
    /// Thousands of multiplications that decoding costs a pixel.
    pub decoder_kmac_per_pixel: f64,
}

// SAFETY: `repr(C)` with numbers, the size first.
unsafe impl SizedStruct for AivcBuiltinModel {}

/// What a model says of itself.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct AivcModelProperties {
    /// `sizeof(AivcModelProperties)`.
    pub struct_size: usize,
    /// Its name.
    pub name: [c_char; 72],
    /// The hash of its weights that streams name, in hexadecimal digits.
    pub weights_hash: [c_char; 72],
    /// What computes it, as "flex".
    pub backend: [c_char; 32],
}

// SAFETY: `repr(C)` with numbers, the size first.
unsafe impl SizedStruct for AivcModelProperties {}

/// The backend of a name; without one, the default.
///
/// # Safety
/// `name` is null or a string.
pub(crate) unsafe fn backend(name: *const c_char) -> Result<Backend, Failure> {
    // SAFETY: the contract of this function.
    match unsafe { optional_text(name, "backend") }? {
        Some(name) => Ok(Backend::from_str(name)?),
        None => Ok(Backend::default()),
    }
}

/// The number of built-in models, at least 1. The first one is the default.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_builtin_model_count(count: *mut usize) -> AivcStatus {
    guard(|| {
        // SAFETY: the contract of C.
        unsafe { write(count, BUILTIN_MODELS.len(), "count") }
    })
}

/// Describes built-in model `index`, from 0. `model->struct_size` must be set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_builtin_model(
    index: usize,
    model: *mut AivcBuiltinModel,
) -> AivcStatus {
    guard(|| {
        // SAFETY: the contract of C.
        unsafe { check_struct(model, "model") }?;
        let count = BUILTIN_MODELS.len();
        let builtin = BUILTIN_MODELS.get(index).ok_or_else(|| {
            Failure::argument(format!("there is no built-in model {index} of {count}"))
        })?;
        let weights = WeightsFile::from_bytes(builtin.weights)
            .map_err(|error| Failure::new(AivcStatus::Model, error.to_string()))?;
        let description = ModelDescription::of(&weights)?;
        let value = AivcBuiltinModel {
            struct_size: size_of::<AivcBuiltinModel>(),
            name: fixed_text(builtin.name),
            family: fixed_text(&description.family),
            description: fixed_text(builtin.description),
            weights_hash: fixed_text(&description.hash),
            weights_bytes: builtin.weights.len() as u64,
            parameters: description.parameters as u64,
            quality_levels: description.quality_levels.into(),
            encoder_kmac_per_pixel: description.encoder_kmac_per_pixel,
            decoder_kmac_per_pixel: description.decoder_kmac_per_pixel,
        };
        // SAFETY: checked above.
        unsafe { write(model, value, "model") }
    })
}

/// Opens a built-in model by name, or else a weights file by path; NULL is the default model.
/// `backend` says what computes: "flex" (the default, also for NULL), or another one that is part
/// of the build.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_model_open(
    name: *const c_char,
    backend: *const c_char,
    model: *mut *mut AivcModel,
) -> AivcStatus {
    guard(|| {
        // SAFETY: the contract of C.
        unsafe { write(model, std::ptr::null_mut(), "model") }?;
        // SAFETY: the contract of C.
        let backend = unsafe { self::backend(backend) }?;
        // SAFETY: the contract of C.
        let name = unsafe { optional_text(name, "name") }?;
        let opened = Model::find(name.unwrap_or(BUILTIN_MODELS[0].name), backend)?;
        // SAFETY: checked above.
        unsafe { write(model, into_raw(AivcModel { model: opened }), "model") }
    })
}

/// Opens a model whose weights file is in memory; the bytes are not needed any more afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_model_from_memory(
    weights: *const u8,
    size: usize,
    backend: *const c_char,
    model: *mut *mut AivcModel,
) -> AivcStatus {
    guard(|| {
        // SAFETY: the contract of C.
        unsafe { write(model, std::ptr::null_mut(), "model") }?;
        // SAFETY: the contract of C.
        let backend = unsafe { self::backend(backend) }?;
        // SAFETY: the contract of C.
        let weights = unsafe { bytes(weights, size, "weights") }?;
        let weights = WeightsFile::from_bytes(weights)
            .map_err(|error| Failure::new(AivcStatus::Model, error.to_string()))?;
        let opened = Model::from_weights(&weights, backend)?;
        // SAFETY: checked above.
        unsafe { write(model, into_raw(AivcModel { model: opened }), "model") }
    })
}

/// Says what a model is. `properties->struct_size` must be set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_model_properties(
    model: *const AivcModel,
    properties: *mut AivcModelProperties,
) -> AivcStatus {
    guard(|| {
        // SAFETY: the contract of C.
        let model = &unsafe { reference(model, "model") }?.model;
        // SAFETY: the contract of C.
        unsafe { check_struct(properties, "properties") }?;
        let value = AivcModelProperties {
            struct_size: size_of::<AivcModelProperties>(),
            name: fixed_text(model.name()),
            weights_hash: fixed_text(&model.hash().to_string()),
            backend: fixed_text(model.backend().name()),
        };
        // SAFETY: checked above.
        unsafe { write(properties, value, "properties") }
    })
}

/// Frees a model. NULL is nothing to free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_model_free(model: *mut AivcModel) -> AivcStatus {
    guard(|| {
        if !model.is_null() {
            // SAFETY: made by `into_raw`, and by the contract of C not used any more.
            drop(unsafe { Box::from_raw(model) });
        }
        Ok(AivcStatus::Ok)
    })
}
