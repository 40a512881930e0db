//! The fixed linear transforms of the hybrid codec: samples to cosine coefficients and back, in
//! integers where decoders compute, in tensors where networks train.
//!
//! Samples and coefficients are counted in sixteenths of a level of 8-bit video, about its middle.

mod cosine;
mod layout;
mod planes;
mod tensors;

pub(crate) use layout::{Coefficient, detail_layout, group, latent_layout};
pub use layout::{DETAIL_CHANNELS, GROUPS, LATENT_CHANNELS, MACROBLOCK};
pub(crate) use planes::{CoefficientPlanes, FramePlanes, SIXTEENTHS};
pub use tensors::FrameTensors;
pub(crate) use tensors::{detail_of, frame_of_detail, frame_of_latent, latent_of};
