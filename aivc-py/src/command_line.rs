use std::ffi::OsString;

use pyo3::prelude::*;

/// Runs the command with these arguments, the program's name first; returns its exit code.
#[pyfunction]
pub fn run_command_line(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    // The program is the command: nobody else's allocations are concerned.
    aivc_cli::keep_freed_memory();
    py.detach(|| aivc_cli::run(arguments))
}
