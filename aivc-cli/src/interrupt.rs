//! Ctrl-C: the first one asks the command to stop at the next frame or step, the second one ends
//! the program at once.

use std::ops::ControlFlow;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::Failure;

const EXIT_CODE: i32 = 130;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Catches SIGINT, SIGTERM and SIGHUP, or what stands for them on the platform.
pub fn install() -> Result<(), Failure> {
    ctrlc::set_handler(|| {
        if REQUESTED.swap(true, Ordering::SeqCst) {
            process::exit(EXIT_CODE);
        }
    })
    .map_err(|error| Failure::error(format!("Ctrl-C cannot be caught: {error}")))
}

/// Whether the command is to stop.
pub fn is_requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

/// Breaks once the command is to stop: the answer of every observer.
pub fn check() -> ControlFlow<()> {
    if is_requested() {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}

/// An error once the command is to stop: asked before a file gets its final name, because input
/// that Ctrl-C cut short looks like one that ended.
pub fn fail_if_requested() -> Result<(), Failure> {
    if is_requested() {
        return Err(Failure::Cancelled {
            message: "cancelled".to_owned(),
        });
    }
    Ok(())
}
