//! The `aivc` command, as a function that other programs can be built around: [`run`].
//!
//! Every subcommand is a thin layer over `aivc-core`: it reads arguments, calls, and prints.

#![deny(unsafe_code)]

#[allow(unsafe_code)]
mod arch;
mod arguments;
mod commands;
mod console;
mod demo_clip;
mod failure;
mod interrupt;
mod report;
mod run;
mod stream_summary;

pub use arch::keep_freed_memory;
pub use run::run;
