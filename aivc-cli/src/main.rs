//! The `aivc` program; see the library of this crate.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    aivc_cli::keep_freed_memory();
    ExitCode::from(aivc_cli::run(std::env::args_os()))
}
