//! The spatio-temporal hyperprior: groups of eight frames, coded together.
//!
//! ```text
//!                       each frame                    the group
//!             ┌──────────────────┐  ┌──────────────────────────────────┐ y  ×gain
//! 8 frames ──►│ picture analysis ├─►│ 3×3×3 blocks with GDN → time ↓8  ├────┬───────► Q(y−μ)+μ ─► ŷ
//!             └──────────────────┘  └──────────────────────────────────┘    │           ▲
//!                                                              hyper-analysis          │ μ, scale index
//!                                                                           ▼ z         │
//!                                                                           Q ─► ẑ ─► hyper-synthesis, exact
//!
//! ŷ ÷gain ─► time ↑8 → 3×3×3 blocks with inverse GDN ─► picture synthesis of each frame ─► 8 frames
//! ```
//!
//! The transforms of single pictures are those of the [picture families](crate::layers); behind
//! them, at 1/16 of the size, stand residual blocks with convolutions and GDN over time, height and
//! width, and a learned transform over the eight frames of the group. Training starts where the last
//! is a cosine transform and the blocks do nearly nothing, so that what stands still costs one
//! coefficient in place of eight. Source of the prior: Minnen, Ballé, Toderici, "Joint Autoregressive
//! and Hierarchical Priors for Learned Image Compression", 2018, without the autoregressive part; of
//! coding groups of frames by 3D transforms: Habibian, van Rozendaal, Tomczak, Cohen, "Video
//! Compression with Rate-Distortion Autoencoders", 2019. Deviations: the strided layers are a
//! separable transform (`docs/decisions/0006-groups-of-frames.md`); everything between ẑ and the table
//! indices computes exactly, with the coefficients of time folded into channels.

mod codec;
mod config;
mod hyper_transform;
mod network;

pub use codec::{Hyperprior3dCodec, Hyperprior3dLatents};
pub use config::{GROUP_FRAMES, Hyperprior3dConfig};
pub use hyper_transform::GroupHyperAnalysis;
pub use network::{GroupAnalysis, GroupSynthesis, Hyperprior3dNetwork, Hyperprior3dOutput};
