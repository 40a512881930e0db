//! The vector-quantized autoencoder: GDN transforms, and in place of rounding the nearest vectors of
//! learned codebooks.
//!
//! ```text
//! picture ─► analysis ─► y, in vectors of few channels
//!                        │
//!                        ├─► nearest code of stage 1 ─► index ─┐
//!                        │         │ what it leaves            │
//!                        │         ▼                           ├─► frozen tables, rANS
//!                        │   nearest code of stage 2 ─► index ─┤
//!                        │         │                           │
//!                        ▼         ▼  as many stages as the quality has
//!                       ŷ = sum of the codes ─► synthesis ─► picture
//! ```
//!
//! Source: van den Oord, Vinyals, Kavukcuoglu, "Neural Discrete Representation Learning", 2017, with
//! straight-through gradients, commitment loss and codebooks that follow averages (its appendix A.1);
//! residual stages and revival of dead codes from Zeghidour, Luebs, Omran, Skoglund, Tagliasacchi,
//! "SoundStream: An End-to-End Neural Audio Codec", 2021. Deviations: the channels of a place are
//! split into vectors of 1 to 32, each with codebooks of its own; indices are coded with their
//! learned frequencies, and codes are chosen by distance and bits together (Chou, Lookabaugh, Gray,
//! "Entropy-Constrained Vector Quantization", 1989); training starts as a cosine codec.
//!
//! The entropy path has no arithmetic at all, so it is exact by nature. Rate is chosen by the number
//! of stages: [`VqvaeConfig::stages_of`].

mod codec;
mod config;
mod network;
mod quantizer;

pub use codec::{VqvaeCodec, VqvaeLatents};
pub use config::VqvaeConfig;
pub use network::{VqvaeNetwork, VqvaeOutput};
pub use quantizer::{CodebookStatistics, ResidualQuantizer};
