//! Conversions between 4:2:0 and RGB.
//!
//! **Matrix.** BT.601, BT.709, BT.2020 (non-constant luminance), FCC and SMPTE ST 240, by the
//! frame's [`MatrixCoefficients`](crate::frame::MatrixCoefficients). An unspecified matrix is
//! BT.601 below 720 lines and BT.709 from there on, as players do. Other matrices are an error.
//! Primaries and transfer are not touched.
//!
//! **Range.** Limited and full, by H.273 equations 23 to 28: limited luma is 16 to 235 and chroma
//! 16 to 240 around 128, times 4 in 10 bit; full luma is 0 to `max`, chroma around `(max + 1) / 2`
//! with a swing of `max`.
//!
//! **Siting.** Chroma is co-sited with the even luma columns and half-way between two luma rows:
//! MPEG-2's, the default of H.264 and HEVC (`chroma_sample_loc_type` 0).
//!
//! **Upsampling** is bilinear at those places. Horizontally an even column takes its own chroma
//! sample and an odd one the mean of its neighbours; vertically every row takes 3/4 of the nearer
//! and 1/4 of the farther chroma row. **Downsampling** is the mean of two rows, then
//! `[1, 2, 1] / 4` around the even column. Both repeat the border samples.
//!
//! Rounding is to nearest; values out of range are clipped.

mod error;
mod from_rgb;
mod halve;
mod matrix;
mod packed;
mod resample;
mod residual;
mod to_rgb;

pub use error::ColorError;
pub use from_rgb::{from_rgb_f32, to_yuv420};
pub use halve::halve_rgb_f32;
pub use matrix::BT709_MIN_HEIGHT;
pub use packed::{from_interleaved_rgb8, to_interleaved_rgb8};
pub use residual::add_rgb_residual;
pub use to_rgb::{to_rgb, to_rgb_f32};
