//! One module a subcommand.

pub mod bench;
pub mod decode;
pub mod demo;
pub mod encode;
pub mod eval;
pub mod info;
pub mod models;
pub mod optimize;
pub mod train;
