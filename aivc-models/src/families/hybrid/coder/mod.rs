//! The coder of a frame's samples, with a prediction or without: transform, entropy model and
//! refinement. Keyframes and inter frames have one each, of their own weights; in place of a prediction
//! keyframes have grey, and in place of hyper-latent and refinement inter frames have nothing.
//!
//! ```text
//!  frame ──► cosine transform ─(−)──► ×1/step ─(+)─► y ──► Q(y−μ) ═══════════► rANS
//!                               ▲               ▲    │         │  ▲
//!  prediction ► cosine ─────────┤    analysis ──┘    ▼         │  │ μ, scale index, group by group
//!      │        transform       │               hyper-analysis │  │
//!      │            │           │                    ▼ z       │  │
//!      │            ▼           │                    Q ════════╪══╪═══════════► rANS
//!      │    temporal context    │                    ▼         ▼  │
//!      │            │           │            hyper-synthesis   ŷ ─┤
//!      │            └───────────┼────────────────►───┴────────────┴─ latent parameters
//!      │                        ▼
//!      │     inverse transform of  prediction + ŷ·step  ─┬──────────(+)──► decoded frame
//!      └──────────────────────────────► refinement ◄─────┘           ▲
//!                                            └──── correction·step ──┘
//! ```
//!
//! All that a decoder runs is exact: networks of [`ExactConv2d`](crate::layers::ExactConv2d)
//! layers, between them integers on the host.

mod analysis;
mod balance;
mod checkerboard;
mod config;
mod context;
mod features;
mod frozen;
mod frozen_hyper;
mod hyper;
mod network;
mod parameters;
mod passes;
mod steps;
mod tables;
mod written;

pub use analysis::Analysis;
pub use config::FrameCoderConfig;
pub use context::TemporalContext;
pub use frozen::FrozenFrameCoder;
pub(crate) use frozen::{
    CodedFrame, CoderCounts, FrameLatents, FrameResidual, Reference, from_units, table_names,
};
pub use hyper::{HYPER_FACTOR, HyperAnalysis, HyperLatent, HyperPrior, HyperSynthesis};
pub use network::{FrameCoder, FrameCoderOutput, Prediction};
pub use parameters::LatentParameters;
pub(crate) use steps::PlaneSteps;
pub use steps::StepSizes;
pub use written::{WrittenFrame, WrittenLatents};
