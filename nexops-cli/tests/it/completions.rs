//! The completion scripts that are handed out are those of this command line, and shells complete with them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use nexops_core::notification::ChannelSettings;
use rstest::rstest;

use crate::daemon::{Daemon, Run, channel, list, nexops, node, refuses, rule, service, vm};
use crate::terminal::pseudo_terminal;

#[rstest]
#[case("bash", "nexops.bash")]
#[case("zsh", "_nexops")]
#[case("fish", "nexops.fish")]
fn the_checked_in_script_is_current(#[case] shell: &str, #[case] file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../completions").join(file);
    let printed = Run::from(nexops().args(["completions", shell]).output().unwrap());
    assert_eq!(printed.code, 0);
    let checked_in = fs::read_to_string(&path).unwrap();
    assert!(
        checked_in == printed.stdout,
        "completions/{file} is old; renew it with: nexops completions {shell} > completions/{file}"
    );
}

#[test]
fn the_checked_in_manual_pages_are_current() {
    let pages = |directory: &Path| -> BTreeMap<String, String> {
        let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
        let page =
            |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap());
        entries.map(page).collect()
    };
    let printed = tempfile::tempdir().unwrap();
    assert_eq!(Run::from(nexops().arg("man").arg(printed.path()).output().unwrap()).code, 0);
    let (printed, checked_in) = (pages(printed.path()), pages(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../man")));
    assert_eq!(printed.keys().collect::<Vec<_>>(), checked_in.keys().collect::<Vec<_>>());
    for (name, page) in &printed {
        assert!(checked_in.get(name) == Some(page), "man/{name} is old; renew it with scripts/generate.sh");
    }
    assert!(printed["nexops-vm-list.1"].contains(".SH EXAMPLES\n.nf\nnexops vm list\n"));
}

fn completions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../completions").canonicalize().unwrap()
}

/// A daemon with two guests, and a home without a cache.
fn surroundings() -> (Daemon, tempfile::TempDir) {
    let daemon = Daemon::start();
    daemon.knows(&[vm(101, "web-1"), vm(205, "$(reboot)")]);
    daemon.mount("GET", "/infrastructure/nodes", list(&[node(2, "pve1")]));
    daemon.mount("GET", "/services", list(&[service(1, "wiki")]));
    daemon.mount("GET", "/alerts/rules", list(&[rule(1, "cpu-high")]));
    let channel = channel(1, "operators", ChannelSettings::Discord { webhook_url: None });
    daemon.mount("GET", "/settings/notifications", list(&[channel]));
    (daemon, tempfile::tempdir().unwrap())
}

/// A shell in which `nexops` is the program under test.
fn shell(program: &str, url: &str, home: &Path) -> Command {
    let binaries = Path::new(assert_cmd::cargo::cargo_bin!("nexops")).parent().unwrap();
    let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(program);
    command.env("PATH", path).env("NEXOPS_API_URL", url).env("HOME", home).env_remove("XDG_CACHE_HOME");
    command.env_remove("XDG_CONFIG_HOME").env("TERM", "dumb");
    command
}

/// A shell on a terminal, and what it has shown.
struct Session {
    shell: Child,
    keyboard: File,
    screen: mpsc::Receiver<Vec<u8>>,
    shown: String,
}

impl Session {
    fn start(mut command: Command) -> Self {
        let (keyboard, terminal) = pseudo_terminal();
        command.stdin(terminal.try_clone().unwrap()).stdout(terminal.try_clone().unwrap()).stderr(terminal);
        let shell = command.spawn();
        let shell = shell.unwrap_or_else(|error| {
            panic!("{command:?} cannot be started ({error}); `scripts/setup.sh test` installs it")
        });
        // The shell holds the other end open until this is dropped.
        drop(command);
        let (sender, screen) = mpsc::channel();
        let mut reader = keyboard.try_clone().unwrap();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { shell, keyboard, screen, shown: String::new() }
    }

    fn types(&mut self, text: &str) {
        self.shown.clear();
        self.keyboard.write_all(text.as_bytes()).unwrap();
    }

    fn shows(&mut self, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.shown.contains(text) {
            let left = deadline.saturating_duration_since(Instant::now());
            let piece = self.screen.recv_timeout(left);
            let piece = piece.unwrap_or_else(|_| panic!("{text:?} was not shown, but {:?}", self.shown));
            self.shown.push_str(&String::from_utf8_lossy(&piece));
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

#[rstest]
#[case::bash(&["bash", "--norc", "--noprofile", "-i"], "PS1='ready> '; source COMPLETIONS/nexops.bash")]
#[case::zsh(&["zsh", "-f", "-i"], "unsetopt prompt_sp; PS1='ready> '; fpath=(COMPLETIONS $fpath); autoload -U compinit; compinit -u -D")]
fn a_shell_completes_commands_flags_numbers_and_names(#[case] program: &[&str], #[case] preparation: &str) {
    let (daemon, home) = surroundings();
    let add = nexops().env("HOME", home.path()).args(["context", "add", "home", "http://127.0.0.1:8000"]).output();
    assert!(add.is_ok_and(|added| added.status.success()));
    let mut command = shell(program[0], &daemon.server.uri(), home.path());
    command.args(&program[1..]);
    let mut session = Session::start(command);
    let preparation = preparation.replace("COMPLETIONS", completions().to_str().unwrap());
    session.types(&format!("{preparation}; echo pre''pared\n"));
    session.shows("prepared");
    for (typed, completed) in [
        ("nexops vm sus", "nexops vm suspend "),
        ("nexops vm list --sta", "nexops vm list --status"),
        ("nexops vm start 1", "nexops vm start 101 "),
        ("nexops vm show we", "nexops vm show web-1 "),
        ("nexops node show p", "nexops node show pve1 "),
        ("nexops service check w", "nexops service check wiki "),
        ("nexops alert rule disable c", "nexops alert rule disable cpu-high "),
        ("nexops settings notify test o", "nexops settings notify test operators "),
        ("nexops context use h", "nexops context use home "),
    ] {
        session.types(&format!("\u{15}{typed}\t"));
        session.shows(completed);
    }
}

fn fish(url: &str, home: &Path, typed: &str) -> Run {
    let script = completions().join("nexops.fish");
    let mut command = shell("fish", url, home);
    command.args(["--no-config", "-c", &format!("source {}; complete -C '{typed}'", script.display())]);
    let output = command.stdin(Stdio::null()).output();
    Run::from(output.unwrap_or_else(|error| panic!("fish is missing ({error}); `scripts/setup.sh test` installs it")))
}

#[test]
fn fish_completes_with_descriptions_and_offers_no_name_that_would_be_run() {
    let (daemon, home) = surroundings();
    let complete = |typed: &str| fish(&daemon.server.uri(), home.path(), typed).stdout;
    assert!(complete("nexops vm sus").starts_with("suspend\tFreeze guests"), "{}", complete("nexops vm sus"));
    let guests = complete("nexops vm start ");
    for line in ["101\tweb-1, running\n", "web-1\t101 on pve1\n", "205\t$(reboot), running\n"] {
        assert!(guests.contains(line), "{guests}");
    }
    assert!(!guests.lines().any(|line| line.starts_with('$')), "{guests}");
    assert!(complete("nexops vm list --sort ").contains("-cpu_usage\n"));
    assert!(complete("nexops vm list --tag ").contains("prod"));
    assert_eq!(complete("nexops service show w"), "wiki\thealthy\n");
    assert_eq!(complete("nexops alert rule show c"), "cpu-high\tcpu_usage > 90 for 300 s\n");
    assert_eq!(complete("nexops settings notify show o"), "operators\tdiscord, ok\n");
    assert!(complete("nexops alert rule list --sort ").contains("-severity\n"));
}

#[test]
fn names_are_asked_for_once_and_outlive_the_daemon() {
    let (daemon, home) = surroundings();
    let url = daemon.server.uri();
    let first = fish(&url, home.path(), "nexops vm start web").stdout;
    assert_eq!(first, fish(&url, home.path(), "nexops vm start web").stdout);
    let asked = daemon.requests().iter().filter(|request| request.contains("/infrastructure/vms")).count();
    assert_eq!(asked, 1, "the second answer came from the cache");

    let cache = home.path().join(".cache/nexops");
    let files: Vec<PathBuf> = fs::read_dir(fs::read_dir(&cache).unwrap().next().unwrap().unwrap().path())
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&files[0]).unwrap().permissions());
    assert_eq!(mode & 0o077, 0, "others may read it");
    let old = std::time::SystemTime::now() - Duration::from_secs(3600);
    File::options().write(true).open(&files[0]).unwrap().set_modified(old).unwrap();
    drop(daemon);
    assert_eq!(first, fish(&url, home.path(), "nexops vm start web").stdout);
}

#[test]
fn without_daemon_cache_or_home_commands_are_completed_all_the_same() {
    let nowhere = Path::new("/nonexistent");
    let complete = |typed: &str| fish("http://127.0.0.1:1", nowhere, typed);
    assert!(complete("nexops vm sus").stdout.starts_with("suspend"));
    assert_eq!(complete("nexops vm show x").stdout, "");
}

#[test]
fn a_daemon_that_refuses_says_nothing_in_the_middle_of_the_line() {
    let daemon = Daemon::start();
    daemon.mount(
        "GET",
        "/infrastructure/vms",
        refuses(nexops_core::error::ErrorCode::Unauthorized, "a token is needed"),
    );
    let home = tempfile::tempdir().unwrap();
    let run = fish(&daemon.server.uri(), home.path(), "nexops vm show x");
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
}
