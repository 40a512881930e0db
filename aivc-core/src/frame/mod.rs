//! Raw pictures: [`Frame`], its [`FrameFormat`] and its [`ColorDescription`].

mod color_description;
mod digest;
mod error;
mod format;
mod picture;
mod plane;

pub use color_description::{
    ColorDescription, ColorPrimaries, ColorRange, MatrixCoefficients, TransferCharacteristics,
};
pub use error::FrameError;
pub use format::{BitDepth, FrameFormat, MAX_SIDE, PixelFormat};
pub use picture::Frame;
pub use plane::{Plane, PlaneSize, Samples};
