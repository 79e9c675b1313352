//! Connections to Proxmox.

use std::io::Write;

use nexops_core::error::ErrorCode;
use nexops_core::settings::{ProxmoxConnection, ProxmoxTrial, SeenCertificate, TrialProblem};
use serde_json::Value;

use crate::daemon::{Daemon, Run, list, one, proxmox_connection};

const SECRET: &str = "12345678-1234-1234-1234-123456789abc";
const FLAGS: &str = "--host pve1 --user nexops@pve --token-name nexops";

/// A daemon that has one connection, `lab`.
fn with_lab() -> (Daemon, ProxmoxConnection) {
    let (daemon, lab) = (Daemon::start(), proxmox_connection("lab"));
    daemon.mount("GET", "/settings/proxmox", list(std::slice::from_ref(&lab)));
    (daemon, lab)
}

/// The body of the only request that had one.
fn sent(daemon: &Daemon) -> Value {
    let bodies: Vec<String> = ["POST", "PUT"].iter().flat_map(|verb| daemon.bodies(verb)).collect();
    let [body] = bodies.try_into().unwrap();
    serde_json::from_str(&body).unwrap()
}

pub fn trial(works: bool) -> ProxmoxTrial {
    let problem =
        TrialProblem { code: ErrorCode::ProxmoxCertificate, message: "the certificate is not trusted".to_owned() };
    ProxmoxTrial {
        works,
        problem: (!works).then_some(problem),
        certificate: Some(SeenCertificate {
            host: "pve1:8006".to_owned(),
            fingerprint: "38:3F".to_owned(),
            accepted: works,
        }),
        pve_version: works.then(|| "9.1.7".to_owned()),
        cluster: None,
        nodes: works.then_some(3),
        vms: works.then_some(24),
        missing_privileges: Vec::new(),
        grant: None,
        same_cluster_as: None,
        took_ms: 12,
    }
}

#[test]
fn a_list_says_how_each_connection_fares() {
    let (daemon, _lab) = with_lab();
    let run = daemon.run("settings proxmox list");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("lab") && run.stdout.contains("ok") && run.stdout.contains("nexops@pve!nexops"));
}

#[test]
fn a_token_is_read_from_standard_input_or_a_file_and_never_printed() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(format!("{SECRET}\n").as_bytes()).unwrap();
    for source in ["--secret-stdin".to_owned(), format!("--secret-file {}", file.path().display())] {
        let daemon = Daemon::start();
        daemon.mount("POST", "/settings/proxmox", one(&proxmox_connection("lab")));
        let mut command = daemon.command(&format!("settings proxmox create lab {FLAGS} {source}"));
        let run: Run = command.write_stdin(format!("{SECRET}\n")).output().unwrap().into();
        assert_eq!((run.code, run.stdout.as_str()), (0, "connection lab: created\n"), "{}", run.stderr);
        assert!(!run.stdout.contains(SECRET) && !run.stderr.contains(SECRET));
        let sent = sent(&daemon);
        assert_eq!((&sent["token_value"], &sent["port"]), (&Value::from(SECRET), &Value::from(8006)));
    }
}

#[test]
fn without_a_terminal_a_missing_token_is_an_error_that_names_the_flags() {
    let daemon = Daemon::start();
    let run = daemon.run(&format!("settings proxmox create lab {FLAGS}"));
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("--secret-stdin") && run.stderr.contains("--secret-file"), "{}", run.stderr);
    assert!(daemon.requests().is_empty());
}

#[test]
fn a_change_sends_what_was_given_and_keeps_the_rest() {
    let (daemon, lab) = with_lab();
    daemon.mount("PUT", &format!("/settings/proxmox/{}", lab.id), one(&lab));
    let run = daemon.run("settings proxmox update lab --enabled false --fingerprint 38:3F");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let sent = sent(&daemon);
    assert_eq!(sent["name"], "lab");
    assert_eq!(sent["hosts"], serde_json::json!(["pve1"]));
    assert_eq!((&sent["enabled"], &sent["fingerprint"]), (&Value::from(false), &Value::from("38:3F")));
    assert!(sent.get("token_value").is_none(), "{sent}");
}

#[test]
fn a_deletion_must_be_confirmed() {
    let (daemon, lab) = with_lab();
    daemon.mount("DELETE", &format!("/settings/proxmox/{}", lab.id), one(&lab));
    let refused = daemon.run("settings proxmox delete lab");
    assert_eq!(refused.code, 2);
    assert!(daemon.requests().is_empty());
    assert_eq!(daemon.run("settings proxmox delete lab --yes").code, 0);
    assert!(daemon.requests().iter().any(|request| request.starts_with("DELETE")));
}

#[test]
fn a_trial_that_does_not_work_shows_the_certificate_and_exits_with_6() {
    for (works, code) in [(true, 0), (false, 6)] {
        let (daemon, _lab) = with_lab();
        daemon.mount("POST", "/settings/proxmox/test", one(&trial(works)));
        let run = daemon.run("settings proxmox test lab");
        assert_eq!(run.code, code, "{}", run.stderr);
        assert!(run.stdout.contains("38:3F"), "{}", run.stdout);
        assert!(sent(&daemon)["id"].is_string());
    }
}

#[test]
fn a_name_that_nobody_has_is_answered_with_one_that_somebody_has() {
    let (daemon, _lab) = with_lab();
    let run = daemon.run("settings proxmox show lap");
    assert_eq!(run.code, 3);
    assert!(run.stderr.contains("did you mean lab"), "{}", run.stderr);
}
