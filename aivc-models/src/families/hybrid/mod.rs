//! The hybrid codec: keyframes by themselves, the frames between by motion compensation and
//! conditional coding; every decoded sample the same on every machine.
//!
//! ```text
//!               ┌───────────────┐ field   ┌──────┐
//! frame ──┬────►│ motion search ├───┬────►│ rANS │
//!         │     └───────▲───────┘   │     └──▲───┘
//!         │             │           ▼        │ ẑ, ŷ
//!         │        reference ► compensation  │
//!         │             ▲           │ prediction
//!         │             │           ▼        │
//!         └─────────────┼────► frame coder ──┘
//!                       │           │
//!                       └───────────┴──► decoded frame ──► (refinement after decoding)
//! ```
//!
//! Keyframes go through a [frame coder](coder) of their own, without prediction. Reference frames
//! are the decoded samples, so encoder and decoder cannot drift apart. All that a stream carries
//! from frame to frame is the last decoded frame and its latents: [`HybridFrame`].

mod codec;
pub mod coder;
mod config;
pub mod lookahead;
pub mod motion;
mod qualities;
mod transform;

pub use codec::{HybridCodec, HybridFrame};
pub use config::{HybridConfig, HybridNetwork};
pub use qualities::{OFFSET_LEVELS, OFFSET_LIMIT, QualityMap};
pub use transform::{DETAIL_CHANNELS, FrameTensors, GROUPS, LATENT_CHANNELS, MACROBLOCK};
