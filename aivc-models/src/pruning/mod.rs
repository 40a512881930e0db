//! Structured pruning: whole channels go, those that carry least on pictures, and what is left is a smaller
//! model of the same family. It loses some quality, which training it further wins back in part.
//!
//! A family says which of its channels belong together (`ChannelGroup`): a channel lies in several tensors,
//! as an output of one layer and an input of the next, in a normalization, in a table. Cutting it is taking
//! its index out of all of them. No number is changed, so exact layers stay exact, with bounds that can
//! only fall.
//!
//! Source: Li et al., "Pruning Filters for Efficient ConvNets", 2017, with what channels carry on pictures in
//! the place of norms of weights (Molchanov et al., "Pruning Convolutional Neural Networks for Resource
//! Efficient Inference", 2017).

mod error;
mod group;
mod importance;
mod widths;

pub use error::PruningError;
pub(crate) use group::{ChannelGroup, ChannelUse, Places, block_groups, prior_uses};
pub use importance::ChannelImportance;
pub(crate) use importance::carried;
pub use widths::{Width, Widths};
