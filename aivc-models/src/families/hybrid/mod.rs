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
//!                       └───────────┴──► decoded frame ──► restoration ──► shown
//! ```
//!
//! Keyframes go through a [frame coder](coder) of their own, without prediction. Reference frames
//! are the decoded samples, so encoder and decoder cannot drift apart; what is shown of an inter frame is
//! [restored](restoration) outside of that loop. All that a stream carries from frame to frame is the last
//! decoded frame and its latents: [`HybridFrame`].

mod codec;
pub mod coder;
mod config;
mod correction;
mod formats;
mod frame;
pub mod lookahead;
pub mod motion;
mod qualities;
pub mod restoration;
mod stages;
mod transform;

pub use codec::HybridCodec;
pub use config::{HybridConfig, HybridNetwork};
pub use correction::CorrectionNetwork;
pub use frame::HybridFrame;
pub use qualities::{MacroblockLevels, OFFSET_LEVELS, OFFSET_LIMIT, QualityMap};
pub use transform::{DETAIL_CHANNELS, FrameTensors, GROUPS, LATENT_CHANNELS, MACROBLOCK};

/// What a table of the format counts for a value.
#[cfg(test)]
fn frequency(tables: &aivc_entropy::TableSet, table: u16, value: i32) -> u16 {
    let table = tables.table(table);
    table.frequencies()[(value - table.min()) as usize]
}
