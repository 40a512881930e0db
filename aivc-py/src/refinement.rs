use std::path::PathBuf;
use std::sync::Arc;

use aivc_core::model::{Backend, FrameRefinement, Model, Refiner, ShownSize};
use aivc_core::session::{Decoder, StreamHeader};
use pyo3::prelude::*;

use crate::failure::Failure;

/// What decoded frames are shown as: how many times their size, and the name or the weights file of
/// the refinement unless it is the built-in one.
#[derive(FromPyObject)]
pub struct RefinementArgument(u8, Option<PathBuf>);

impl RefinementArgument {
    /// The refinement on a backend.
    pub fn load(&self, backend: Backend) -> Result<Arc<dyn FrameRefinement>, Failure> {
        let Self(factor, name) = self;
        let size = match factor {
            1 => ShownSize::AsDecoded,
            2 => ShownSize::Twice,
            _ => {
                return Err(Failure::argument(format!(
                    "upscale is {factor}; it must be 1 to 2"
                )));
            }
        };
        Ok(Arc::new(match name {
            Some(name) => Refiner::for_size(size, &name.to_string_lossy(), backend)?,
            None => Refiner::builtin(size, backend)?,
        }))
    }
}

/// A decoder that shows its frames as asked for; a refinement computes where the model does.
pub fn refining_decoder(
    model: &Model,
    header: &StreamHeader,
    refinement: Option<&RefinementArgument>,
) -> Result<Decoder, Failure> {
    let decoder = Decoder::new(model, header).map_err(Failure::of_stream)?;
    match refinement {
        Some(refinement) => Ok(decoder.with_refinement(refinement.load(model.backend())?)?),
        None => Ok(decoder),
    }
}
