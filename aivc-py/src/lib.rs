//! The native half of the Python package `aivc`: converts arguments, calls `aivc-core` and
//! `aivc-entropy`, and converts results back.
//!
//! What users see (names, defaults, documentation, data classes) is written in Python, in
//! `python/aivc`; this module is private to it, and `python/aivc/_native.pyi` says its types.
//!
//! Three rules hold throughout:
//!
//! * **Arrays are copied before the interpreter is released**, because another thread may write to
//!   them from then on.
//! * **Work runs without the interpreter.** What takes longer than a frame runs on a thread of its
//!   own, while the caller's thread watches for Ctrl-C and runs callbacks (`interruptible`).
//! * **Sessions are locked without waiting**: one that another thread is using refuses, so that
//!   nothing can deadlock.

#![deny(unsafe_code)]

mod arrays;
mod command_line;
mod decoder;
mod encoder;
mod evaluation;
mod failure;
mod files;
mod frames;
mod interruptible;
mod metrics;
mod model;
mod rans;
mod refinement;
mod session;
mod sources;
mod training;

/// The module `aivc._native`.
#[pyo3::pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::command_line::run_command_line;
    #[pymodule_export]
    use crate::decoder::Decoder;
    #[pymodule_export]
    use crate::encoder::Encoder;
    #[pymodule_export]
    use crate::evaluation::evaluate;
    #[pymodule_export]
    use crate::files::{decode, encode};
    #[pymodule_export]
    use crate::metrics::{bd_psnr, bd_rate, ms_ssim, psnr, ssim, ssimulacra2};
    #[pymodule_export]
    use crate::model::{Model, builtin_models, describe_model};
    #[pymodule_export]
    use crate::rans::{
        RansDecoder, RansEncoder, Tables, rans_decode, rans_encode, scale_grid, scale_indices,
    };
    #[pymodule_export]
    use crate::training::train;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("MAX_SIDE", aivc_core::frame::MAX_SIDE)
    }
}
