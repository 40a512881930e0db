//! Everything that is printed: results to standard output, the rest to standard error.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::failure::Failure;

/// The terminal, or what stands for it.
#[derive(Debug, Clone, Copy)]
pub struct Console {
    quiet: bool,
}

impl Console {
    pub fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// Prints a result to standard output.
    pub fn result(&self, text: impl Display) -> Result<(), Failure> {
        Ok(writeln!(io::stdout(), "{text}")?)
    }

    /// Prints what is good to know to standard error, unless quiet.
    pub fn note(&self, text: impl Display) {
        if !self.quiet {
            // Nobody is left to be told of a broken standard error.
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// Prints a warning to standard error, even if quiet.
    pub fn warning(&self, text: impl Display) {
        let _ = writeln!(io::stderr(), "warning: {text}");
    }

    /// Prints why the command failed.
    pub fn error(&self, text: &str) {
        let _ = writeln!(io::stderr(), "error: {text}");
    }

    /// Whether progress is shown as a moving bar.
    pub fn shows_bars(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// A bar over `length` of something, or a counter if that is not known.
    pub fn bar(
        &self,
        action: &'static str,
        unit: &'static str,
        length: Option<u64>,
    ) -> ProgressBar {
        let target = if self.quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let template = match length {
            Some(_) => {
                format!("{{prefix}} {{bar:28}} {{pos}}/{{len}} {unit}  {{msg}}  {{eta}} left")
            }
            None => format!("{{prefix}} {{spinner}} {{pos}} {unit}  {{msg}}"),
        };
        let style = ProgressStyle::with_template(&template).expect("the template is well formed");
        let bar = ProgressBar::with_draw_target(length, target)
            .with_style(style)
            .with_prefix(action);
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }
}
