//! What needs a terminal, a signal or a broken pipe.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nexops_core::vm::PowerAction;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::daemon::{Daemon, Run, accepted, id, one, running_task, task, vm};

fn command(daemon: &Daemon, arguments: &str) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("nexops"));
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env("TERM", "xterm");
    command.env("NEXOPS_API_URL", daemon.server.uri()).env_remove("NEXOPS_API_TOKEN").env_remove("NEXOPS_TOKEN");
    command.args(arguments.split_whitespace());
    command
}

pub fn pseudo_terminal() -> (File, File) {
    let controller: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap();
    let terminal = OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    (File::from(controller), terminal)
}

/// Runs with standard input and error on a terminal on which `typed` is typed.
pub fn run_on_terminal(daemon: &Daemon, arguments: &str, typed: &str) -> Run {
    run_and_answer(daemon, arguments, "", typed)
}

/// The same, typing only once `question` is shown.
pub fn run_and_answer(daemon: &Daemon, arguments: &str, question: &str, typed: &str) -> Run {
    let (mut controller, terminal) = pseudo_terminal();
    let mut command = command(daemon, arguments);
    command.stdin(terminal.try_clone().unwrap()).stderr(terminal).stdout(Stdio::piped());
    let child = command.spawn().unwrap();
    // The command holds the other end open until it is dropped, and reading would never end.
    drop(command);
    let mut shown = Vec::new();
    while !String::from_utf8_lossy(&shown).contains(question) {
        let mut piece = [0; 1024];
        let length = controller.read(&mut piece).unwrap();
        shown.extend_from_slice(&piece[..length]);
    }
    controller.write_all(typed.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    // Reading a terminal whose other side is closed ends with an error.
    let _ = controller.read_to_end(&mut shown);
    Run { stderr: String::from_utf8(shown).unwrap(), ..Run::from(output) }
}

#[test]
fn a_yes_on_the_terminal_sends() {
    let daemon = Daemon::with_web_1();
    let guest = vm(101, "web-1");
    daemon.accepts(&guest, &task(PowerAction::Stop, &guest));
    let run = run_on_terminal(&daemon, "vm stop 101", "y\n");
    assert_eq!((run.code, run.stdout.as_str()), (0, "vm 101 web-1: stopped (1.8 s)\n"), "{}", run.stderr);
    assert!(run.stderr.contains("  101 web-1 on pve1, running"), "{}", run.stderr);
    assert!(run.stderr.contains("what is not yet on the disk is lost"), "{}", run.stderr);
}

#[test]
fn anything_else_sends_nothing() {
    for answer in ["\n", "n\n", "maybe\n", "\u{4}"] {
        let daemon = Daemon::with_web_1();
        let run = run_on_terminal(&daemon, "vm stop 101", answer);
        assert_eq!((run.code, run.stdout.as_str(), daemon.posts()), (1, "", 0), "{answer:?}");
        assert!(run.stderr.contains("not confirmed; nothing was sent"), "{}", run.stderr);
    }
}

#[test]
fn somebody_at_a_terminal_sees_that_it_goes_on() {
    let daemon = Daemon::with_web_1();
    let guest = vm(101, "web-1");
    daemon.accepts(&guest, &task(PowerAction::Start, &guest));
    let run = run_on_terminal(&daemon, "vm start 101", "");
    assert!(run.stderr.contains("start vm 101 web-1: 0 s"), "{}", run.stderr);
    assert!(run.stderr.ends_with("\r\u{1b}[K"), "the line is cleared: {:?}", run.stderr);
    assert!(!run_on_terminal(&daemon, "vm start 101 -q", "").stderr.contains("web-1"));
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(20), "{what} did not come about");
        thread::sleep(Duration::from_millis(20));
    }
}

fn interrupt(child: &Child) {
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

#[test]
fn control_c_leaves_the_task_alone_and_says_how_to_follow() {
    let daemon = Daemon::with_web_1();
    let guest = vm(101, "web-1");
    let running = running_task(PowerAction::Start, &guest);
    daemon.on(PowerAction::Start, &guest, accepted(&running));
    daemon.mount("GET", &format!("/tasks/{}", running.id), one(&running));
    for arguments in ["vm start 101".to_owned(), format!("task wait {}", running.id)] {
        let polled = || daemon.requests().iter().filter(|request| request.contains("/tasks/")).count();
        let before = polled();
        let child = command(&daemon, &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_until("the first poll", || polled() > before);
        interrupt(&child);
        let run = Run::from(child.wait_with_output().unwrap());
        assert_eq!((run.code, run.stdout.as_str()), (130, ""));
        let expected = format!("error: interrupted; task {0} goes on\nhint: nexops task wait {0}\n", id(9101));
        assert_eq!(run.stderr, expected);
    }
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let daemon = Daemon::start();
    let many: Vec<_> = (1..=1000).map(|number| vm(number, &"long-name-".repeat(20))).collect();
    daemon.mount("GET", "/infrastructure/vms", crate::daemon::list(&many));
    for form in ["table", "json", "csv", "yaml", "name"] {
        let mut child = command(&daemon, &format!("vm list -o {form}"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let run = Run::from(child.wait_with_output().unwrap());
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{form}");
    }
}

#[test]
fn a_full_disk_is_a_failure() {
    let daemon = Daemon::with_web_1();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command(&daemon, "vm list").stdout(full).stderr(Stdio::piped()).output().unwrap();
    let run = Run::from(output);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("cannot write the output"), "{}", run.stderr);
}

#[test]
fn on_a_terminal_a_table_fits_its_width_and_in_a_pipe_nothing_is_cut() {
    let daemon = Daemon::start();
    daemon.mount("GET", "/infrastructure/vms", crate::daemon::list(&[vm(101, &"long-name-".repeat(10))]));
    let (mut controller, terminal) = pseudo_terminal();
    let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&terminal, size).unwrap();
    let status = command(&daemon, "vm list --color never").stdout(terminal).status().unwrap();
    assert!(status.success());
    let mut shown = Vec::new();
    let _ = controller.read_to_end(&mut shown);
    let shown = String::from_utf8(shown).unwrap();
    assert!(shown.lines().all(|line| line.trim_end().chars().count() <= 80), "{shown}");
    assert!(shown.contains("long-name-long") && shown.contains('…'), "{shown}");
    let piped = daemon.run("vm list").stdout;
    assert!(piped.contains(&"long-name-".repeat(10)) && !piped.contains('…'), "{piped}");
}
