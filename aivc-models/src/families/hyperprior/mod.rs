//! The mean-scale hyperprior.
//!
//! ```text
//!             ┌──────────┐ y  ×gain                    ŷ  ÷gain ┌───────────┐
//! picture ───►│ analysis ├────┬──────────────► Q(y−μ)+μ ───────►│ synthesis ├──► picture
//!             └──────────┘    │                 │  ▲            └───────────┘
//!                             ▼                 │  │ μ, scale index
//!                    ┌────────────────┐         │  │
//!                    │ hyper-analysis │         │ ┌┴────────────────┐
//!                    └────────┬───────┘         │ │ hyper-synthesis │ exact
//!                             ▼ z               │ └──▲──────────────┘
//!                             Q ───────────► ẑ ─┼────┘
//!                             │                 │
//!                      factorized tables   Gaussian tables
//!                             └──── rANS ───────┘
//! ```
//!
//! Source: Ballé, Minnen, Singh, Hwang, Johnston, "Variational Image Compression with a Scale
//! Hyperprior", 2018; means from Minnen, Ballé, Toderici, "Joint Autoregressive and Hierarchical
//! Priors for Learned Image Compression", 2018, without the autoregressive part. Deviations: a
//! learned gain per quality level makes it one model for all rates; everything between ẑ and the
//! table indices computes exactly (see [`crate::layers::ExactConv2d`]).

mod codec;
mod config;
mod hyper_transform;
mod network;
mod pruning;
mod relaxation;
mod search;

pub use codec::{HyperpriorCodec, HyperpriorLatents};
pub use config::HyperpriorConfig;
pub use hyper_transform::HyperAnalysisTransform;
pub use network::{HyperpriorNetwork, HyperpriorOutput};
