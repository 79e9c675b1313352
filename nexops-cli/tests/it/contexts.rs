//! Which daemon is asked, and as whom.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use nexops_core::error::ErrorCode;
use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;

use crate::daemon::{Daemon, Run, list, nexops, one, refuses, system, vm};

/// Somebody with a home of his own and without variables.
struct Person(TempDir);

impl Person {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn runs(&self, arguments: &str) -> Run {
        self.types(arguments, "")
    }

    fn types(&self, arguments: &str, input: &str) -> Run {
        let mut command = nexops();
        command.env("HOME", self.0.path()).args(arguments.split_whitespace()).write_stdin(input);
        command.output().unwrap().into()
    }

    fn file(&self) -> PathBuf {
        self.0.path().join(".config/nexops/contexts.toml")
    }
}

fn daemon() -> Daemon {
    let daemon = Daemon::start();
    daemon.mount("GET", "/system", one(&system(Vec::new())));
    daemon.mount("GET", "/infrastructure/vms", list(&[vm(101, "web-1")]));
    daemon
}

#[test]
fn who_signs_in_is_remembered_with_the_token_in_a_file_of_his_own() {
    let (person, daemon) = (Person::new(), daemon());
    let url = daemon.server.uri();
    let run = person.types(&format!("login --url {url} --email ann@example.com --token-stdin"), "s3cret\n");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.stderr, format!("signed in at {url} as ann@example.com (context default)\n"));
    assert_eq!(fs::metadata(person.file()).unwrap().permissions().mode() & 0o777, 0o600);

    assert_eq!(person.runs("vm list -o name").stdout, "101\n");
    assert_eq!(daemon.headers("authorization").last().unwrap(), "Bearer s3cret");
    assert_eq!(daemon.headers("x-nexops-actor").last().unwrap(), "ann@example.com");
    let identity: Value = serde_json::from_str(&person.runs("whoami -o json").stdout).unwrap();
    let expected = serde_json::json!({"url": url, "actor": "ann@example.com", "token": true, "version": "0.1.0"});
    assert_eq!(identity, expected);
}

#[test]
fn what_the_daemon_refuses_is_not_kept() {
    let (person, daemon) = (Person::new(), Daemon::start());
    daemon.mount("GET", "/system", refuses(ErrorCode::Unauthorized, "the token is not the right one"));
    let login = format!("login --url {} --token-stdin", daemon.server.uri());
    assert_eq!(person.types(&login, "wrong\n").code, 4);
    assert_eq!(person.types(&login, "two words\n").code, 2);
    assert_eq!(person.types(&login, "").code, 2);
    assert!(!person.file().exists());
}

#[test]
fn without_a_terminal_a_token_is_asked_for_in_words() {
    let (person, daemon) = (Person::new(), Daemon::start());
    daemon.mount("GET", "/system", refuses(ErrorCode::Unauthorized, "a token is needed"));
    let run = person.runs(&format!("login --url {}", daemon.server.uri()));
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("--token-stdin"), "{}", run.stderr);
}

#[test]
fn who_signs_out_leaves_no_token_behind() {
    let (person, daemon) = (Person::new(), daemon());
    person.types(&format!("login --url {} --token-stdin", daemon.server.uri()), "s3cret\n");
    assert!(fs::read_to_string(person.file()).unwrap().contains("s3cret"));
    assert_eq!(person.runs("logout").code, 0);
    assert!(!fs::read_to_string(person.file()).unwrap().contains("s3cret"));
    assert_eq!(person.runs("vm list -o name").stdout, "101\n", "the address is still known");
    assert_eq!(Person::new().runs("logout").stderr, "nobody is signed in\n");
}

#[test]
fn a_token_goes_to_the_address_that_it_is_for_and_to_no_other() {
    let (person, first, second) = (Person::new(), daemon(), daemon());
    person.types(&format!("login --url {} --token-stdin", first.server.uri()), "s3cret\n");
    assert_eq!(person.runs(&format!("vm list --url {}", second.server.uri())).code, 0);
    person.runs(&format!("context add default {}", second.server.uri()));
    assert_eq!(person.runs("vm list").code, 0);
    assert_eq!(second.requests().len(), 2);
    assert_eq!(second.headers("authorization"), Vec::<String>::new());
}

#[test]
fn the_address_of_a_context_is_asked_with_its_token_and_person_however_it_is_given() {
    let (person, daemon) = (Person::new(), daemon());
    let url = daemon.server.uri();
    person.types(&format!("login --url {url} --email ann@example.com --token-stdin"), "s3cret\n");
    assert_eq!(person.runs(&format!("whoami --url {url}/ -o name")).stdout, "ann@example.com\n");
    assert_eq!(daemon.headers("authorization").last().unwrap(), "Bearer s3cret");
    assert_eq!(daemon.headers("x-nexops-actor").last().unwrap(), "ann@example.com");
}

#[test]
fn contexts_are_listed_switched_and_forgotten() {
    let person = Person::new();
    assert_eq!(person.runs("context list").stderr, "no context yet: `nexops login` makes one\n");
    person.runs("context add home http://127.0.0.1:8000/");
    person.runs("context add lab https://lab.example --use");
    insta::assert_snapshot!(person.runs("context list").stdout, @r"
    CURRENT  NAME  URL                    ACTOR  TOKEN
             home  http://127.0.0.1:8000  -      no
    *        lab   https://lab.example    -      no
    ");
    assert_eq!(person.runs("context -").stderr, "in use: home (http://127.0.0.1:8000)\n");
    assert_eq!(person.runs("context use -").stderr, "in use: lab (https://lab.example)\n");
    assert_eq!(person.runs("context remove home").code, 0);
    assert_eq!(person.runs("context list -o name").stdout, "lab\n");
    assert_eq!(person.runs("context -").code, 3);
}

#[rstest]
#[case("vm list --context nowhere", 3)]
#[case("context use nowhere", 3)]
#[case("context remove nowhere", 3)]
#[case("vm list --context a --url http://127.0.0.1:1", 2)]
#[case("context add -x http://127.0.0.1:1", 2)]
#[case("context add a/b http://127.0.0.1:1", 2)]
#[case("context add lab ftp://lab.example", 2)]
#[case("context add lab http://ann:s3cret@lab.example", 2)]
fn what_cannot_be_is_refused(#[case] arguments: &str, #[case] code: i32) {
    let person = Person::new();
    let run = person.runs(arguments);
    assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{}", run.stderr);
    assert!(!person.file().exists());
}

#[test]
fn a_file_that_cannot_be_understood_is_said_and_left_alone() {
    let person = Person::new();
    fs::create_dir_all(person.file().parent().unwrap()).unwrap();
    fs::write(person.file(), "context = 5").unwrap();
    for arguments in ["vm list", "context add lab http://127.0.0.1:1"] {
        let run = person.runs(arguments);
        assert_eq!(run.code, 1);
        assert!(run.stderr.contains("contexts.toml cannot be understood"), "{}", run.stderr);
    }
    assert_eq!(fs::read_to_string(person.file()).unwrap(), "context = 5");
}

#[test]
fn cron_has_no_home_and_needs_none() {
    let daemon = daemon();
    let mut command = nexops();
    let command = command.env_clear().env("NEXOPS_API_URL", daemon.server.uri()).args(["vm", "list", "-o", "name"]);
    assert_eq!(Run::from(command.output().unwrap()).stdout, "101\n");
}
