//! What is done to inter frames before they are shown, outside of the loop: later frames are predicted from
//! the frame as it was decoded, so that nothing that smooths a frame for the good of its error adds up
//! (`docs/decisions/0011-restoration.md`).
//!
//! ```text
//! decoded frame ──┬─► detail, in steps ───┐                                       decoded frame
//!                 │                       ├─► network ──► × step × strength ─(+)◄──────┘
//! what was added ─┴─► detail, in steps ───┘                    ▲              └──► shown
//! to the prediction                                            └─ of each plane, from the payload
//! ```
//!
//! All of it is exact, so that a stream is shown alike on every machine.

mod config;
mod decoded;
mod frozen;
mod strength;

pub use config::RestorationConfig;
pub(super) use decoded::DecodedPlanes;
pub use decoded::{INPUTS, RestorationExample};
pub(super) use frozen::{Correction, FrozenRestoration};
pub(super) use strength::Strengths;
