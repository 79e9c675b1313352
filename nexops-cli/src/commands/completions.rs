//! `nexops completions`: the completion scripts.

use crate::cli::Shell;
use crate::complete;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::emit;

/// Prints the script of a shell.
pub fn run(shell: Shell) -> Result<()> {
    let script = complete::script(shell).map(|script| String::from_utf8_lossy(&script).trim_start().to_owned());
    let failed = |error| Failure::new(Exit::Generic, "OUTPUT_FAILED", format!("cannot make the script: {error}"));
    emit(&script.map_err(failed)?)
}
