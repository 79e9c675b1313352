//! `nexops-tui`: arguments, then the screen, then the exit code.

use std::process::ExitCode;

use clap::Parser;
use nexops_tui::arguments::Arguments;
use nexops_tui::start;

fn main() -> ExitCode {
    match start::run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(start::Error::Usage(words)) => {
            eprintln!("nexops-tui: {words}");
            ExitCode::from(2)
        }
        Err(start::Error::Other(error)) => {
            eprintln!("nexops-tui: {error:#}");
            ExitCode::FAILURE
        }
    }
}
