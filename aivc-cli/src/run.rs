use std::ffi::OsString;

use clap::{Parser, Subcommand};

use crate::commands::{bench, decode, demo, encode, eval, info, models, optimize, train};
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::interrupt;

const EXIT_CODES: &str = "\
Exit codes:
    0  done
    1  an error; one line on standard error says what and how to mend it
    2  wrong usage
    3  done, but the stream is damaged: what was lost is named on standard error
  130  cancelled (Ctrl-C); no unfinished file is left under its final name";

/// Neural video codec: what one machine encodes, every other one decodes.
#[derive(Debug, Parser)]
#[command(name = "aivc", version, after_help = EXIT_CODES, arg_required_else_help = true)]
struct Arguments {
    /// Print nothing but results, warnings and errors
    #[arg(short, long, global = true)]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Encode(encode::Arguments),
    Decode(decode::Arguments),
    Info(info::Arguments),
    Eval(eval::Arguments),
    Bench(bench::Arguments),
    Models(models::Arguments),
    Train(train::Arguments),
    Optimize(optimize::Arguments),
    Demo(demo::Arguments),
}

/// Runs the command with these arguments, the program's name first, and returns its exit code.
///
/// It takes over the process as a program's main function does: it handles Ctrl-C from then on, and
/// can be called once.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let Arguments { quiet, command } = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nobody is left to be told of a broken standard output.
            let _ = error.print();
            return error.exit_code().try_into().unwrap_or(2);
        }
    };
    let console = Console::new(quiet);
    let result = interrupt::install().and_then(|()| match command {
        Command::Encode(arguments) => encode::run(&arguments, &console),
        Command::Decode(arguments) => decode::run(&arguments, &console),
        Command::Info(arguments) => info::run(&arguments, &console),
        Command::Eval(arguments) => eval::run(&arguments, &console),
        Command::Bench(arguments) => bench::run(&arguments, &console),
        Command::Models(arguments) => models::run(&arguments, &console),
        Command::Train(arguments) => train::run(&arguments, &console),
        Command::Optimize(arguments) => optimize::run(&arguments, &console),
        Command::Demo(arguments) => demo::run(&arguments, &console),
    });
    match result {
        Ok(Outcome::Done) => 0,
        Ok(Outcome::Damaged) => 3,
        Err(Failure::BrokenPipe) => 1,
        Err(Failure::Cancelled { message }) => {
            console.error(&message);
            130
        }
        Err(Failure::Usage { message }) => {
            console.error(&message);
            2
        }
        Err(Failure::Error { message }) => {
            console.error(&message);
            1
        }
    }
}
