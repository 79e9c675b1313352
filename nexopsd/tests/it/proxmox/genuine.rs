//! What Proxmox's own API code (9.1.7, two nodes) answered, played back byte by byte.

use std::collections::BTreeMap;

use nexopsd::proxmox::{Error, Refusal};
use serde::Deserialize;
use serde_json::Value;

use super::recordings::{Call, Seen, file, play};

mod others;
mod values;

/// Exchanges on paths of ours that the client cannot have, and why.
const EXCLUDED: &[(&str, &str)] = &[
    ("err-vmid-abc", "a guest's number is a number"),
    ("task-bad-upid", "a text that is no UPID is refused before it is sent"),
    (
        "task-wrong-node",
        "a task is asked of the node that its UPID names; the error is played below, on the right node",
    ),
];

#[derive(Debug, Clone, Deserialize)]
struct Exchange {
    name: String,
    request: String,
    status_line: String,
    headers: Vec<String>,
    body: String,
}

impl Exchange {
    fn method(&self) -> &str {
        self.request.split(' ').next().unwrap()
    }

    /// The path below the API's root; `None` for what is no request, or for another root.
    fn path(&self) -> Option<&str> {
        let target = self.request.split(' ').nth(1)?;
        target.split('?').next()?.strip_prefix("/api2/json")
    }

    fn call(&self) -> Option<Call> {
        Call::of(self.method(), self.path()?)
    }

    /// Status and reason; `None` when Proxmox hung up without a word.
    fn status(&self) -> Option<(u16, &str)> {
        let (status, reason) = self.status_line.split_once(' ')?.1.split_once(' ')?;
        Some((status.parse().unwrap(), reason))
    }

    fn bytes(&self) -> Vec<u8> {
        if self.status_line.is_empty() {
            return Vec::new();
        }
        let mut bytes = format!("{}\r\n{}\r\n\r\n", self.status_line, self.headers.join("\r\n")).into_bytes();
        match self.headers.iter().any(|header| header == "Content-Encoding: gzip") {
            // Compressed bodies are recorded with a character for each byte.
            true => bytes.extend(self.body.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap())),
            false => bytes.extend(self.body.as_bytes()),
        }
        // Secrets were masked, and so are shorter than they were; blanks behind JSON mean nothing.
        if self.body.contains("<ticket>") {
            let lengths = self.headers.iter().filter_map(|header| header.strip_prefix("Content-Length: "));
            let missing = lengths.map(|length| length.parse::<usize>().unwrap().saturating_sub(self.body.len()));
            bytes.resize(bytes.len() + missing.sum::<usize>(), b' ');
        }
        bytes
    }

    /// What stands under `data`.
    fn data(&self) -> Value {
        serde_json::from_str::<Value>(&self.body).unwrap()["data"].take()
    }
}

fn exchanges() -> Option<Vec<Exchange>> {
    let (_, text) = file("pve-genuine-9.1.7.jsonl")?;
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Plays all exchanges that succeeded or all that did not, and checks that each asks for the recorded path.
async fn played(succeeded: bool) -> Vec<(Exchange, Call, Result<Seen, Error>)> {
    let mut all = Vec::new();
    for exchange in exchanges().unwrap_or_default() {
        let excluded = EXCLUDED.iter().any(|(name, _)| *name == exchange.name);
        let Some(call) = exchange.call().filter(|_| !excluded) else { continue };
        if matches!(exchange.status(), Some((200, _))) != succeeded {
            continue;
        }
        let (seen, path) = play(&call, exchange.bytes()).await;
        let recorded = exchange.path().unwrap().replace("%3A", ":").replace("%40", "@").replace("%21", "!");
        assert_eq!(path, format!("/api2/json{recorded}"), "{}", exchange.name);
        all.push((exchange, call, seen));
    }
    all
}

#[test]
fn every_excluded_exchange_exists_and_nothing_else_on_our_paths_is_left_out() {
    let Some(exchanges) = exchanges() else { return };
    for (name, why) in EXCLUDED {
        let exchange = exchanges.iter().find(|exchange| exchange.name == *name).unwrap_or_else(|| panic!("{name}"));
        assert!(exchange.call().is_none(), "{name} can be played, although {why}");
    }
    let paths_of_ours = exchanges.iter().filter(|exchange| {
        let segments: Vec<_> = exchange.path().unwrap_or_default().trim_start_matches('/').split('/').collect();
        matches!(
            (exchange.method(), &segments[..]),
            ("GET", ["version" | "nodes"] | ["cluster", "status" | "resources"] | ["access", "permissions"])
                | ("GET", ["nodes", _, "tasks"] | ["nodes", _, "tasks", _, "status" | "log"])
                | ("GET", ["nodes", _, "qemu" | "lxc", _, "config"])
                | ("GET", ["nodes", _, "qemu" | "lxc", _, "status", "current"])
                | ("GET", ["nodes", _, "qemu", _, "agent", "network-get-interfaces" | "get-fsinfo"])
                | ("GET", ["nodes", _, "lxc", _, "interfaces"])
                | ("POST", ["nodes", _, "qemu" | "lxc", _, "status", _])
        )
    });
    let left_out: Vec<_> =
        paths_of_ours.filter(|exchange| exchange.call().is_none()).map(|exchange| &exchange.name[..]).collect();
    assert_eq!(left_out, EXCLUDED.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    let played = exchanges.iter().filter(|exchange| exchange.call().is_some()).count();
    assert!(played >= 200, "{played}");
}

#[tokio::test]
async fn every_refusal_is_named_and_has_proxmoxs_own_reason() {
    let mut kinds = BTreeMap::new();
    for (exchange, call, seen) in played(false).await {
        let name = &exchange.name;
        let error = seen.expect_err(name);
        let Some((status, reason)) = exchange.status() else {
            assert!(matches!(error, Error::Interrupted { .. }), "{name}: {error:?}");
            *kinds.entry("interrupted").or_insert(0) += 1;
            continue;
        };
        let token = "nexops@pve!nexops".to_owned();
        let (kind, expected) = match status {
            301 => {
                assert!(matches!(error, Error::Redirected { status: 301, .. }), "{name}: {error:?}");
                continue;
            }
            401 => ("unauthorized", Error::Unauthorized { reason: reason.to_owned(), token }),
            403 => {
                let (path, privilege) =
                    reason.split_once('(').unwrap().1.trim_end_matches(')').split_once(", ").unwrap();
                let (path, privilege) = (Some(path.to_owned()), Some(privilege.to_owned()));
                ("forbidden", Error::Forbidden { reason: reason.to_owned(), token, path, privilege })
            }
            400 => {
                let told: Value = serde_json::from_str(&exchange.body).unwrap();
                let fields = told["errors"].as_object().unwrap().iter();
                let fields =
                    fields.map(|(field, text)| (field.clone(), text.as_str().unwrap().trim().to_owned())).collect();
                ("invalid", Error::InvalidParameters { reason: reason.to_owned(), fields })
            }
            500 if reason.starts_with("Configuration file ") => {
                ("missing", Error::GuestMissing { reason: reason.to_owned() })
            }
            500 if reason.ends_with(" not running") => {
                ("not running", Error::Refused { status, reason: reason.to_owned(), refusal: Refusal::NotRunning })
            }
            500 if reason == "No QEMU guest agent configured" => (
                "without agent",
                Error::Refused { status, reason: reason.to_owned(), refusal: Refusal::AgentNotConfigured },
            ),
            501 => ("not implemented", Error::NotImplemented { reason: reason.to_owned() }),
            595 => {
                let node = call.node().unwrap().to_owned();
                ("unreachable", Error::NodeUnreachable { node, status, reason: reason.to_owned() })
            }
            506 => ("other", Error::Refused { status, reason: reason.to_owned(), refusal: Refusal::Other }),
            _ => panic!("{name}: {status} {reason} is a new kind"),
        };
        assert_eq!(error, expected, "{name}");
        assert_eq!(error.upstream().unwrap().status, Some(status), "{name}");
        *kinds.entry(kind).or_insert(0) += 1;
    }
    if exchanges().is_some() {
        let all = [
            "forbidden",
            "interrupted",
            "invalid",
            "missing",
            "not implemented",
            "not running",
            "other",
            "unauthorized",
            "unreachable",
            "without agent",
        ];
        assert_eq!(kinds.keys().copied().collect::<Vec<_>>(), all, "{kinds:?}");
    }
}

#[tokio::test]
async fn a_task_that_the_node_does_not_know_is_no_such_task() {
    let Some(exchanges) = exchanges() else { return };
    let find = |name: &str| exchanges.iter().find(|exchange| exchange.name == name).unwrap().clone();
    let upid = "UPID:pve1:0000FFFF:0000FFFF:60000000:qmstart:101:root@pam:".parse().unwrap();
    let status = play(&Call::TaskStatus(upid), find("task-wrong-node").bytes()).await.0;
    assert_eq!(status.unwrap_err(), Error::NoSuchTask);
    let log = find("task-unknown-upid-log");
    assert_eq!(play(&log.call().unwrap(), log.bytes()).await.0.unwrap_err(), Error::NoSuchTask);
}

#[tokio::test]
async fn every_answer_has_the_values_that_proxmox_meant() {
    let mut count = 0;
    for (exchange, call, seen) in played(true).await {
        let name = exchange.name.as_str();
        if name == "task-unknown-upid-log" {
            continue;
        }
        let seen = seen.unwrap_or_else(|error| panic!("{name}: {error}"));
        count += 1;
        match seen {
            Seen::Version(version) => {
                assert_eq!((version.text.as_str(), version.major, version.minor), ("9.1.7", 9, 1), "{name}");
            }
            Seen::Nodes(nodes) => values::nodes(name, &nodes),
            Seen::Status(status) => {
                assert_eq!((status.name.as_deref(), status.quorate), (Some("testcluster"), Some(true)), "{name}");
                let mut members: Vec<_> = status
                    .members
                    .iter()
                    .map(|member| (&member.name[..], member.ip.as_deref(), member.online, member.local))
                    .collect();
                members.sort();
                assert_eq!(
                    members,
                    [("pve1", Some("10.99.0.1"), true, true), ("pve2", Some("10.99.0.2"), true, false)],
                    "{name}"
                );
            }
            Seen::Resources(resources) => values::resources(name, &resources),
            Seen::Permissions(permissions) => values::permissions(name, &permissions),
            Seen::Current(current) => values::current(name, &current),
            Seen::Config(config) => {
                let data = exchange.data();
                assert_eq!(config.os_type.as_deref(), data["ostype"].as_str(), "{name}");
                assert_eq!(config.snapshot, data, "{name} has no secret, so nothing is masked");
            }
            Seen::Interfaces(interfaces) => assert_eq!(interfaces, [], "{name}: a container that is stopped"),
            Seen::DiskUse(disk) => panic!("{name}: {disk:?} is new here"),
            Seen::Power(upid) => {
                assert_eq!(exchange.data(), upid.as_str(), "{name}");
                let Call::Power(at, _) = &call else { panic!("{call:?}") };
                assert_eq!((upid.node(), upid.subject()), (&at.node[..], &at.vmid.to_string()[..]), "{name}");
                assert!(upid.task_type().starts_with(if exchange.path().unwrap().contains("/lxc/") {
                    "vz"
                } else {
                    "qm"
                }));
            }
            Seen::TaskStatus(state) => values::task(name, &state),
            Seen::TaskLog(log) => values::log(name, &exchange.data(), &log),
            Seen::Tasks(tasks) => {
                let data = exchange.data();
                assert_eq!(tasks.len(), data.as_array().unwrap().len(), "{name}");
                for task in &tasks {
                    let row = data.as_array().unwrap().iter().find(|row| row["upid"] == task.upid.as_str()).unwrap();
                    assert_eq!(row["starttime"], task.started_at.timestamp());
                    assert_eq!(row["type"], task.task_type.as_str());
                    assert!(task.user.starts_with(row["user"].as_str().unwrap()));
                    assert_eq!(Some(task.ended.as_ref().unwrap().exit_status.as_str()), row["status"].as_str());
                }
                assert!(tasks.is_sorted_by(|one, next| one.started_at >= next.started_at), "{name}");
            }
        }
    }
    if exchanges().is_some() {
        assert!(count >= 140, "{count}");
    }
}
