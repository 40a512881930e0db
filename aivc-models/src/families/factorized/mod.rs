//! The factorized-prior autoencoder: GDN transforms and one learned distribution a channel.
//!
//! ```text
//! picture ──► analysis ──► y ──► Q ──► ŷ ──► synthesis ──► picture
//!                                │
//!                        factorized tables ── rANS
//! ```
//!
//! Source: Ballé, Laparra, Simoncelli, "End-to-end Optimized Image Compression", 2017, with the
//! learned distribution function of Ballé et al., 2018. Its entropy path has no network at all, so
//! it is exact by nature. One model has one rate: the quality level of a picture is kept in the
//! stream but changes nothing.

mod codec;
mod network;
mod pruning;

pub use codec::{FactorizedCodec, FactorizedLatents};
pub use network::{FactorizedConfig, FactorizedNetwork, FactorizedOutput};
