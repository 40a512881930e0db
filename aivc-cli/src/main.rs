//! The `aivc` program; see the library of this crate.

#![deny(unsafe_code)]

#[allow(unsafe_code)]
mod arch;

use std::process::ExitCode;

fn main() -> ExitCode {
    arch::keep_freed_memory();
    ExitCode::from(aivc_cli::run(std::env::args_os()))
}
