//! Every example of every help text, run as it stands there.

pub mod world;

use std::fs::{self, File, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::daemon::{Daemon, Run, nexops};
use crate::rule_tests;
use crate::terminal::pseudo_terminal;

/// The help of a command, and of all below it.
fn helps(path: &[String], found: &mut Vec<String>) {
    let run = Run::from(nexops().env("COLUMNS", "500").args(path).arg("--help").output().unwrap());
    assert_eq!(run.code, 0, "{path:?}: {}", run.stderr);
    let commands = run.stdout.lines().skip_while(|line| *line != "Commands:").skip(1);
    let is_name = |line: &str| line.starts_with("  ") && !line.starts_with("   ");
    for line in commands.take_while(|line| !line.is_empty()).filter(|line| is_name(line)) {
        let name = line.split_whitespace().next().unwrap().to_owned();
        helps(&[path, &[name]].concat(), found);
    }
    found.push(run.stdout);
}

fn examples() -> Vec<String> {
    let mut found = Vec::new();
    helps(&[], &mut found);
    let of_help = |help: &String| {
        let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1);
        lines.map_while(|line| line.strip_prefix("  ")).map(str::to_owned).collect::<Vec<_>>()
    };
    let mut examples: Vec<String> = found.iter().flat_map(of_help).collect();
    examples.sort_unstable();
    examples.dedup();
    examples
}

/// The exit code that an example says: of a comment at its end, of Ctrl-C where it goes on for ever, or else 0.
fn expected(example: &str) -> i32 {
    if let Some((_, code)) = example.split_once("exits with ") {
        return code.trim().parse().unwrap();
    }
    let goes_on = example.contains("--watch") || (example.starts_with("nexops events") && !example.contains("--limit"));
    if goes_on { 130 } else { 0 }
}

/// A person at a terminal, with a home, two contexts, and the files that the examples speak of.
struct Person {
    home: TempDir,
    url: String,
}

impl Person {
    fn new(daemon: &Daemon) -> Self {
        let person = Self { home: tempfile::tempdir().unwrap(), url: daemon.server.uri() };
        for (name, text) in [
            // What is not ours is a stand-in.
            ("bin/jq", "#!/bin/sh\nexec cat\n"),
            // For where it was not built beside the command.
            ("bin/nexops-tui", "#!/bin/sh\n"),
            ("cpu.yaml", rule_tests::GOOD),
            ("rules/cpu.yaml", rule_tests::GOOD),
            ("cpu-high.yaml", world::RULE),
            ("rules.yaml", &format!("kind: rule\n{}", world::RULE)),
            ("services.yaml", "kind: service\nname: wiki\n"),
            ("token.txt", "s3cret\n"),
            ("webhook.txt", "https://hooks.slack.com/services/T0/B0/s3cret\n"),
        ] {
            let file = person.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        for program in ["bin/jq", "bin/nexops-tui"] {
            fs::set_permissions(person.path().join(program), Permissions::from_mode(0o700)).unwrap();
        }
        for name in ["home", "lab"] {
            let add = ["context", "add", name, &person.url, "--use"];
            let run = Run::from(nexops().env("HOME", person.path()).args(add).output().unwrap());
            assert_eq!(run.code, 0, "{}", run.stderr);
        }
        person
    }

    /// Where programs are sought: `nexops` is the one under test.
    fn programs(&self) -> String {
        let ours = Path::new(assert_cmd::cargo::cargo_bin!("nexops")).parent().unwrap();
        format!("{}:{}:{}", self.path().join("bin").display(), ours.display(), std::env::var("PATH").unwrap())
    }

    fn path(&self) -> &Path {
        self.home.path()
    }

    /// Types the example into a shell, and answers yes to whatever is asked.
    fn runs(&self, example: &str) -> (i32, String) {
        let here = ["http://10.0.0.5:8000", "https://nexops.example"];
        let line = here.iter().fold(example.to_owned(), |line, elsewhere| line.replace(elsewhere, &self.url));
        let (mut controller, terminal) = pseudo_terminal();
        let output = self.path().join("output");
        let mut command = Command::new("sh");
        command
            .args(["-c", &line])
            .current_dir(self.path())
            .env_clear()
            .env("HOME", self.path())
            .env("PATH", self.programs());
        command.env("NEXOPS_API_URL", &self.url).env("TERM", "xterm").env("USER", "ann").process_group(0);
        command.stdin(terminal.try_clone().unwrap()).stderr(terminal).stdout(File::create(&output).unwrap());
        let mut child = command.spawn().unwrap();
        drop(command);
        controller.write_all(b"yes\nyes\nyes\n").unwrap();
        let mut reader = controller.try_clone().unwrap();
        let talk = std::thread::spawn(move || {
            let mut shown = Vec::new();
            let _ = reader.read_to_end(&mut shown);
            String::from_utf8_lossy(&shown).into_owned()
        });
        let status = if expected(example) == 130 { interrupted(&mut child, &output) } else { ended(&mut child) };
        (code(status), talk.join().unwrap())
    }
}

fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap())
}

fn ended(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match child.try_wait().unwrap() {
            Some(status) => return status,
            None if Instant::now() > deadline => {
                signal(child, "-KILL");
                return child.wait().unwrap();
            }
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    }
}

/// Ctrl-C once something is there to read.
fn interrupted(child: &mut Child, output: &Path) -> ExitStatus {
    let deadline = Instant::now() + Duration::from_secs(30);
    while fs::metadata(output).unwrap().len() == 0 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(2));
    }
    signal(child, "-INT");
    ended(child)
}

/// As the terminal does, to all programs of the line.
fn signal(child: &Child, signal: &str) {
    let group = format!("-{}", child.id());
    let status = Command::new("kill").args([signal, "--", &group]).stderr(Stdio::null()).status().unwrap();
    assert!(status.success());
}

#[test]
fn every_example_of_every_help_text_ends_as_it_says() {
    let examples = examples();
    assert!(examples.len() > 120, "{examples:?}");
    let daemon = world::daemon();
    let mut wrong = Vec::new();
    for example in &examples {
        let (code, talk) = Person::new(&daemon).runs(example);
        if code != expected(example) {
            wrong.push(format!("{example}\n  exited with {code}: {talk}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} examples:\n{}", wrong.len(), examples.len(), wrong.join("\n"));
}
