//! The `aivc` program; see the library of this crate.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(aivc_cli::run(std::env::args_os()))
}
