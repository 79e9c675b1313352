//! The program itself, in a pseudo-terminal.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// How long something may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
const ENTERS: &str = "\u{1b}[?1049h";
const LEAVES: &str = "\u{1b}[?1049l";
const SHOWS_CURSOR: &str = "\u{1b}[?25h";
const LEAVES_MOUSE: &str = "\u{1b}[?1000l";

/// The program on a terminal of its own.
struct Program {
    child: Child,
    controller: File,
    written: Arc<Mutex<Vec<u8>>>,
}

impl Program {
    fn start(arguments: &[&str], url: &str) -> Self {
        let controller: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        let name = ptsname(&controller, Vec::new()).unwrap();
        let terminal = OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        resize(&terminal, 100, 30);
        let home = std::env::temp_dir().join(format!("nexops-tui-{}", std::process::id()));
        let mut command = Command::new(env!("CARGO_BIN_EXE_nexops-tui"));
        command.args(arguments).env_clear();
        command.envs([("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LANG", "C.UTF-8")]);
        command.env("NEXOPS_API_URL", url).env("HOME", home);
        command.stdin(terminal.try_clone().unwrap()).stdout(terminal.try_clone().unwrap()).stderr(terminal);
        command.process_group(0);
        let child = command.spawn().unwrap();
        drop(command);
        let controller = File::from(controller);
        let written = Arc::new(Mutex::new(Vec::new()));
        let (mut reader, sink) = (controller.try_clone().unwrap(), Arc::clone(&written));
        thread::spawn(move || {
            let mut buffer = [0; 65536];
            // Reading ends with an error when the other side is closed.
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                sink.lock().unwrap().extend_from_slice(&buffer[..count]);
            }
        });
        Self { child, controller, written }
    }

    fn output(&self) -> String {
        String::from_utf8_lossy(&self.written.lock().unwrap()).into_owned()
    }

    fn wait_for(&self, what: &str, is_so: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(&self.output()) {
            assert!(Instant::now() < deadline, "{what} did not come about: {:?}", tail(&self.output()));
            thread::yield_now();
        }
    }

    fn ready(arguments: &[&str]) -> Self {
        let program = Self::start(arguments, "http://127.0.0.1:9");
        program.wait_for("the first picture", |output| output.contains("NexOps"));
        program
    }

    fn press(&mut self, keys: &str) {
        self.controller.write_all(keys.as_bytes()).unwrap();
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    fn end(mut self) -> (Option<i32>, String) {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "it did not end: {:?}", tail(&self.output()));
            thread::yield_now();
        };
        self.wait_for("the terminal given back", |output| output.contains(LEAVES));
        (status.code(), self.output())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _already_ended = self.child.kill();
        let _already_ended = self.child.wait();
    }
}

/// The end of what was written, for messages.
fn tail(output: &str) -> String {
    output.chars().skip(output.chars().count().saturating_sub(600)).collect()
}

fn resize(terminal: &File, columns: u16, rows: u16) {
    tcsetwinsize(terminal, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
}

fn is_restored(output: &str) {
    let after = &output[output.rfind(LEAVES).unwrap().saturating_sub(200)..];
    assert!(after.contains(SHOWS_CURSOR) && after.contains(LEAVES_MOUSE), "{after:?}");
}

#[test]
fn it_takes_the_terminal_and_gives_it_back() {
    let mut program = Program::ready(&[]);
    assert!(program.output().contains(ENTERS));
    program.press("q");
    let (code, output) = program.end();
    assert_eq!(code, Some(0));
    is_restored(&output);
}

#[test]
fn it_gives_the_terminal_back_when_it_is_told_to_end() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let program = Program::ready(&[]);
        kill_process(program.pid(), signal).unwrap();
        let (code, output) = program.end();
        assert_eq!(code, Some(0), "{signal:?}");
        is_restored(&output);
    }
}

#[test]
fn it_gives_the_terminal_back_before_it_tells_of_a_panic() {
    let program = Program::start(&["--panic"], "http://127.0.0.1:9");
    let (code, output) = program.end();
    assert_ne!(code, Some(0));
    is_restored(&output);
    program_told_after_leaving(&output, "a panic was asked for");
}

fn program_told_after_leaving(output: &str, words: &str) {
    let left = output.rfind(LEAVES).unwrap();
    assert!(output[left..].contains(words), "{output:?}");
}

#[test]
fn it_can_be_stopped_and_goes_on() {
    let mut program = Program::ready(&[]);
    program.press("\u{1a}");
    let (_, status) = waitpid(Some(program.pid()), WaitOptions::UNTRACED).unwrap().unwrap();
    assert!(status.stopped(), "{status:?}");
    program.wait_for("the terminal given back", |output| output.contains(LEAVES));
    is_restored(&program.output());
    let before = program.output().len();
    kill_process(program.pid(), Signal::CONT).unwrap();
    program
        .wait_for("a new picture", |output| output[before..].contains(ENTERS) && output[before..].contains("NexOps"));
    program.press("q");
    assert_eq!(program.end().0, Some(0));
}

#[test]
fn it_draws_anew_when_the_terminal_has_another_size() {
    let mut program = Program::ready(&[]);
    resize(&program.controller, 60, 10);
    kill_process(program.pid(), Signal::WINCH).unwrap();
    program.wait_for("the card that says so", |output| output.contains("60x10"));
    program.press("q");
    assert_eq!(program.end().0, Some(0));
}

#[test]
fn it_can_be_paused_and_left_while_the_daemon_is_away() {
    let mut program = Program::ready(&["--url", "http://127.0.0.1:9"]);
    program.wait_for("the banner", |output| output.contains("does not answer"));
    program.press("p");
    program.wait_for("that it is paused", |output| output.contains("paused"));
    program.press("q");
    assert_eq!(program.end().0, Some(0));
}

#[test]
fn without_a_terminal_it_says_what_to_use() {
    let output = Command::new(env!("CARGO_BIN_EXE_nexops-tui")).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.contains("nexops in scripts") && words.contains("--snapshot"), "{words}");
}

#[test]
fn what_cannot_be_used_is_named() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_nexops-tui")).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, words) = run(&["--snapshot", "moon"]);
    assert_eq!(code, Some(2));
    assert!(words.contains("'moon'") && words.contains("dashboard"), "{words}");
    let (code, words) = run(&["--context", "nowhere"]);
    assert!(code == Some(2) && words.contains("there is no context 'nowhere'"), "{words}");
    let (code, words) = run(&["--snapshot", "dashboard", "--size", "big"]);
    assert!(code == Some(2) && words.contains("'big'"), "{words}");
}

#[test]
fn the_daemon_may_come_later() {
    let reserved = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = reserved.local_addr().unwrap();
    drop(reserved);
    let mut program = Program::start(&[], &format!("http://{address}"));
    program.wait_for("that there is none", |output| output.contains("does not answer"));
    let listener = TcpListener::bind(address).unwrap();
    thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            refuse(stream);
        }
    });
    program.wait_for("that it wants a token", |output| output.contains("Sign in"));
    program.press("\u{3}");
    program.press("q");
    assert_eq!(program.end().0, Some(0));
}

/// Answers as a daemon does that wants a token.
fn refuse(mut stream: TcpStream) {
    let mut request = [0; 4096];
    let _whatever = stream.read(&mut request);
    let body = r#"{"error":{"code":"UNAUTHORIZED","message":"a token is needed"}}"#;
    let head = "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nConnection: close";
    let _gone = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
}
