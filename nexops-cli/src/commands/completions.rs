//! `nexops completions`: the completion scripts.

use clap::CommandFactory as _;
use clap_complete::generate;
use clap_complete::shells::{Bash, Fish, Zsh};

use crate::cli::{Cli, Shell};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::emit;

/// Prints the script of a shell.
pub fn run(shell: Shell) -> Result<()> {
    let mut command = Cli::command();
    let mut script = Vec::new();
    match shell {
        Shell::Bash => generate(Bash, &mut command, "nexops", &mut script),
        Shell::Zsh => generate(Zsh, &mut command, "nexops", &mut script),
        Shell::Fish => generate(Fish, &mut command, "nexops", &mut script),
    }
    let script = String::from_utf8(script)
        .map_err(|error| Failure::new(Exit::Generic, "OUTPUT_FAILED", format!("cannot make the script: {error}")))?;
    emit(&script)
}
