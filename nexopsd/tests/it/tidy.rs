//! Who may know whom: the sentences of the architecture that can be checked by reading the source.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use rstest::rstest;

/// The most lines that a file may have.
const MOST_LINES: usize = 450;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// A source file: its path below the root, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The lines of code with their numbers: no comments, and no unit tests, which stand at the end of a file.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let code = self.text.lines().take_while(|line| !line.starts_with("#[cfg(test)]"));
        let code = if self.path.ends_with("/tests.rs") { code.take(0) } else { code.take(usize::MAX) };
        code.enumerate().map(|(index, line)| (index + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    fn is_below(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }
}

fn gather(folder: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            sources.push(Source { path: relative, text: fs::read_to_string(path).unwrap() });
        }
    }
}

/// Every Rust file of the workspace's own crates, below `src` or, if wished, also below `tests`.
fn sources(below: &[&str]) -> Vec<Source> {
    let mut sources = Vec::new();
    for member in fs::read_dir(root()).unwrap() {
        for folder in below {
            let folder = member.as_ref().unwrap().path().join(folder);
            if folder.is_dir() {
                gather(&folder, &mut sources);
            }
        }
    }
    assert!(sources.len() > 80, "only {} files were read", sources.len());
    sources
}

/// Whether a line has a word that is not part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(word)
        .any(|(start, _)| !line[..start].ends_with(is_part) && !line[start + word.len()..].starts_with(is_part))
}

/// Fails with the sentence and every line that breaks it.
fn expect(sentence: &str, breaches: &[String]) {
    let mut list = String::new();
    for breach in breaches {
        let _infallible = write!(list, "\n  {breach}");
    }
    assert!(breaches.is_empty(), "{sentence}{list}");
}

#[rstest]
#[case("Diesel is known only below db.", &["diesel", "diesel_async", "diesel_migrations"], &["nexopsd/src/db"])]
#[case("Redis is known only to the cache.", &["redis::"], &["nexopsd/src/cache"])]
#[case("reqwest is known only to proxmox, outbound, and core's client.", &["reqwest"],
    &["nexopsd/src/proxmox", "nexopsd/src/outbound", "nexops-core/src/client"])]
#[case("Mail is known only to the channel that sends it.", &["lettre"], &["nexopsd/src/notify/email.rs"])]
#[case("The environment is read only in config and profile, and by the clients about their terminals and the program beside them.", &["std::env", "env::var", "env::vars", "env::var_os"],
    &["nexopsd/src/config", "nexops-core/src/profile.rs", "nexops-cli/src/color.rs", "nexops-cli/src/context.rs", "nexops-cli/src/usage.rs", "nexops-cli/src/commands/ui.rs", "nexops-tui/src/start.rs"])]
#[case("The clock is read at the top only: by the app for its handlers and jobs, and by the clients.", &["Utc::now", "SystemTime::now", "Local::now"],
    &["nexopsd/src/app.rs", "nexops-cli/src/context.rs", "nexops-tui/src/runtime.rs", "nexops-tui/src/start.rs", "pve-sim/src/"])]
#[case("The daemon knows the simulator only to start the demo.", &["pve_sim"], &["nexopsd/src/start.rs", "pve-sim/src/main.rs"])]
#[case("axum serves the API and knows nothing else of the daemon.", &["axum"],
    &["nexopsd/src/api", "nexopsd/src/serve.rs", "pve-sim/src/"])]
#[case("Only main ends the process.", &["process::exit"], &["nexopsd/src/main.rs", "nexops-cli/src/"])]
fn who_may_know_whom(#[case] sentence: &str, #[case] words: &[&str], #[case] places: &[&str]) {
    let mut breaches = Vec::new();
    for source in sources(&["src"]).iter().filter(|source| !source.is_below(places)) {
        for (number, line) in source.code() {
            if words.iter().any(|word| has_word(line, word)) {
                breaches.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    expect(sentence, &breaches);
}

#[rstest]
#[case("Jobs never import the API.", &["nexopsd/src/jobs"], &["api"], &[])]
#[case("Power actions import neither the API nor the loops.", &["nexopsd/src/power"], &["api", "serve"], &[])]
#[case("The database imports nobody above it.", &["nexopsd/src/db"],
    &["api", "app", "cache", "config", "figures", "jobs", "power", "proxmox", "serve", "start"], &[])]
#[case("What carries messages knows neither the database nor anybody above it.", &["nexopsd/src/notify"],
    &["api", "app", "channels", "connections", "db", "jobs", "power", "proxmox", "serve", "start"], &[])]
#[case("What speaks with Proxmox imports nobody above it.", &["nexopsd/src/proxmox"],
    &["api", "app", "cache", "db", "figures", "inventory", "jobs", "power", "serve", "start"], &[])]
#[case("What speaks with a user's URL imports only what speaks TLS.", &["nexopsd/src/outbound"],
    &["api", "app", "cache", "config", "db", "figures", "inventory", "jobs", "power", "proxmox", "serve", "start"], &[])]
#[case("The private PostgreSQL imports nothing of the daemon.", &["nexopsd/src/postgres"],
    &["api", "app", "cache", "config", "db", "jobs", "power", "proxmox", "serve", "start"], &[])]
#[case("What seals secrets knows nobody who stores them.", &["nexopsd/src/secret"],
    &["api", "app", "cache", "config", "db", "jobs", "notify", "power", "proxmox", "serve", "start"], &[])]
#[case("The configuration imports only what it configures.", &["nexopsd/src/config"],
    &["api", "app", "cache", "db", "jobs", "power", "serve", "start"], &[])]
#[case("What the terminal UI does and shows does no IO.", &["nexops-tui/src/update", "nexops-tui/src/view", "nexops-tui/src/screens", "nexops-tui/src/widgets"],
    &["files", "net", "runtime", "start", "term"], &[])]
#[case("The API knows Proxmox through power alone; it only turns errors into answers and reads the logs of tasks.", &["nexopsd/src/api"],
    &["proxmox"], &["nexopsd/src/api/error.rs"])]
fn rooms_import_only_what_lies_below_them(
    #[case] sentence: &str,
    #[case] rooms: &[&str],
    #[case] foreign: &[&str],
    #[case] excepted: &[&str],
) {
    let mut breaches = Vec::new();
    let concerned = sources(&["src"]);
    let concerned = concerned.iter().filter(|source| source.is_below(rooms) && !source.is_below(excepted));
    let mut files = 0;
    for source in concerned {
        files += 1;
        for (number, line) in source.code() {
            let imports = |room: &&str| {
                let grouped = line.starts_with("use crate::{") && has_word(line, room);
                grouped || has_word(line, &format!("crate::{room}"))
            };
            if foreign.iter().any(imports) {
                breaches.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    assert!(files > 0, "{sentence} No file is concerned.");
    expect(sentence, &breaches);
}

/// The names of a crate's dependencies, without those for tests.
fn dependencies(member: &str) -> Vec<String> {
    let manifest = fs::read_to_string(root().join(member).join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    manifest["dependencies"].as_table().unwrap().keys().cloned().collect()
}

#[rstest]
#[case("Core runs without a runtime, a database or a server.", "nexops-core",
    &["tokio", "diesel", "diesel-async", "axum", "nexopsd", "nexops-cli", "pve-sim"])]
#[case("Clients know core only.", "nexops-cli", &["nexopsd", "pve-sim", "diesel", "axum", "reqwest"])]
#[case("The simulator knows nobody.", "pve-sim", &["nexops-core", "nexopsd", "nexops-cli"])]
fn crates_depend_only_on_what_lies_below_them(#[case] sentence: &str, #[case] member: &str, #[case] foreign: &[&str]) {
    let known = dependencies(member);
    let breaches: Vec<String> = known.into_iter().filter(|name| foreign.contains(&name.as_str())).collect();
    expect(sentence, &breaches);
}

#[test]
fn nothing_is_unwrapped_outside_tests() {
    let mut breaches = Vec::new();
    for source in &sources(&["src"]) {
        for (number, line) in source.code().filter(|(_, line)| line.contains(".unwrap()")) {
            breaches.push(format!("{}:{number}: {}", source.path, line.trim()));
        }
    }
    expect("No unwrap outside tests: expect states why it cannot fail.", &breaches);
}

#[test]
fn every_file_says_what_it_is_about() {
    // The unit tests of a module that has them in a file of their own say it by their name.
    let silent = |source: &Source| !source.text.starts_with("//!") && !source.path.ends_with("/tests.rs");
    let breaches: Vec<String> =
        sources(&["src", "tests"]).into_iter().filter(silent).map(|source| source.path).collect();
    expect("A file has one subject and says it in its first line, which begins with `//!`.", &breaches);
}

#[test]
fn no_file_is_too_long_to_be_read() {
    let mut breaches = Vec::new();
    for source in sources(&["src", "tests"]) {
        let lines = source.text.lines().count();
        if lines > MOST_LINES {
            breaches.push(format!("{}: {lines} lines", source.path));
        }
    }
    expect(&format!("A file of more than {MOST_LINES} lines wants splitting by subject."), &breaches);
}

#[test]
fn lints_are_expected_with_a_reason_and_never_just_allowed() {
    let mut breaches = Vec::new();
    for source in &sources(&["src", "tests"]) {
        for (number, line) in source.code() {
            let line = line.trim();
            if line.starts_with("#[allow(") || line.starts_with("#![allow(") {
                breaches.push(format!("{}:{number}: {line}", source.path));
            }
        }
    }
    expect("A lint is silenced by #[expect(…, reason = \"…\")], never by #[allow].", &breaches);
}

#[test]
fn no_test_is_switched_off_or_merely_expected_to_panic() {
    let mut breaches = Vec::new();
    for source in sources(&["src", "tests"]).iter().filter(|source| !source.path.ends_with("/tidy.rs")) {
        for (index, line) in source.text.lines().enumerate() {
            if line.trim_start().starts_with("#[ignore") || line.trim_start().starts_with("#[should_panic") {
                breaches.push(format!("{}:{}: {}", source.path, index + 1, line.trim()));
            }
        }
    }
    expect("A test is neither ignored nor content with any panic.", &breaches);
}
