//! `nexops ui` becomes the terminal UI.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::daemon::Run;

/// A directory with the command, as it would be installed.
fn installed() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::copy(assert_cmd::cargo::cargo_bin!("nexops"), directory.path().join("nexops")).unwrap();
    directory
}

/// A program that prints what it is told.
fn stand_in(directory: &Path) {
    let path = directory.join("nexops-tui");
    fs::write(&path, "#!/bin/sh\necho \"$@\"\n").unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o700)).unwrap();
}

fn run(directory: &Path, path: &str, arguments: &str) -> Run {
    let mut command = Command::new(directory.join("nexops"));
    command.env_clear().env("PATH", path).env("TERM", "xterm").args(arguments.split_whitespace());
    command.output().unwrap().into()
}

#[test]
fn the_program_beside_it_is_started_with_what_is_meant_for_it() {
    let directory = installed();
    stand_in(directory.path());
    let run = run(directory.path(), "/bin:/usr/bin", "ui --url http://a:1 --color never --snapshot alerts --ascii");
    assert_eq!((run.code, run.stdout.as_str()), (0, "--url http://a:1 --color none --snapshot alerts --ascii\n"));
}

#[test]
fn the_program_is_found_on_the_path_too() {
    let (directory, elsewhere) = (installed(), tempfile::tempdir().unwrap());
    stand_in(elsewhere.path());
    let run = run(directory.path(), &format!("{}:/bin", elsewhere.path().display()), "ui --context lab");
    assert_eq!((run.code, run.stdout.as_str()), (0, "--context lab\n"));
}

#[test]
fn where_it_is_not_installed_that_is_said() {
    let directory = installed();
    let run = run(directory.path(), "/nonexistent", "ui");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("nexops-tui is not installed"), "{}", run.stderr);
    assert!(run.stderr.contains("install it"), "{}", run.stderr);
}
