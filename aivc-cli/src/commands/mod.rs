//! One module a subcommand.

pub mod decode;
pub mod demo;
pub mod encode;
pub mod eval;
pub mod info;
pub mod models;
pub mod train;
