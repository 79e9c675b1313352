//! `nexops ui`: the terminal UI, a program of its own, in the place of this one.

use std::env;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use crate::cli::Global;
use crate::color::ColorChoice;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// The program.
const PROGRAM: &str = "nexops-tui";

/// Becomes the terminal UI; comes back only if that cannot be.
pub fn run(arguments: &[OsString], global: &Global) -> Result<()> {
    let mut command = Command::new(beside().unwrap_or_else(|| PROGRAM.into()));
    for (flag, value) in [("--url", &global.url), ("--context", &global.context)] {
        if let Some(value) = value {
            command.arg(flag).arg(value);
        }
    }
    if let ColorChoice::Never = global.color {
        command.args(["--color", "none"]);
    }
    let error = command.args(arguments).exec();
    Err(if error.kind() == io::ErrorKind::NotFound {
        let message = format!("{PROGRAM} is not installed: it is neither beside nexops nor on the PATH");
        Failure::new(Exit::Generic, "NOT_INSTALLED", message)
            .with_hint(format!("install it from where nexops came from; from the sources, cargo build --bin {PROGRAM}"))
    } else {
        Failure::new(Exit::Generic, "NOT_STARTED", format!("cannot start {PROGRAM}: {error}"))
    })
}

/// The program that was installed together with this one.
fn beside() -> Option<PathBuf> {
    let path = env::current_exe().ok()?.with_file_name(PROGRAM);
    path.is_file().then_some(path)
}
