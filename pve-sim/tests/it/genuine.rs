//! Asks the questions of recorded exchanges with a real Proxmox VE 9.1, in a cluster made like the recorded one: status,
//! reason, headers that matter and the shape of refusals have to be the same.
//!
//! `NEXOPS_PVE_RECORDINGS` names the folder with the recordings. They are not part of the project.

use std::path::PathBuf;

use pve_sim::{Agent, Config, GuestKind, Method, NewGuest, Privileges, State};
use serde_json::Value;

use crate::support::{Reply, Sim, authorization, quick, read, token};

/// Questions that are left out, by the beginning of their names or their paths, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("path-", "the test's own client tidies such paths up"),
    ("auth-", "who may log in is not the same; tests/it/errors.rs has the refusals"),
    ("ticket-", "there are tokens only"),
    ("tfa-", "there are tokens only"),
    ("login-", "there are tokens only"),
    ("hdr-", "the test's own client writes proper headers"),
    ("fmt-", "json is the only format"),
    ("tls-", "tests/it/transport.rs has plain HTTP"),
    ("uri-", "the test's own client writes no such address"),
    ("task-", "the tasks that were asked for are not here"),
    ("body-", "tests/it/errors.rs has the bodies"),
    ("act-", "what changes a guest depends on what went before; tests/it/power.rs has it"),
    ("off-pve2-daemondown", "nodes have no daemons of their own"),
    ("off-cut", "asked below, with the node cut off"),
    ("off-proxydown", "a node that refuses the connection is not told from one that is cut off"),
    ("err-format-unknown", "json is the only format"),
    ("err-method-bogus", "the test's own client has no such method"),
    ("err-node-bad-name", "names of nodes are not checked before they are looked up"),
    ("err-start-multi-bad", "the form of machine types is not checked"),
    ("read-storage", "there are no such storages"),
];

/// The same for those that are like the recorded ones although they change something.
const REFUSED_AT_ONCE: &[&str] = &[
    "act-agent-ping-nogent",
    "act-agent-ping-stopped",
    "act-lxc-stop-when-stopped",
    "act-lxc-suspend-when-stopped",
    "act-proxied-bad-param",
    "act-proxied-missing-vm",
    "act-reboot-when-stopped",
    "act-reset-when-stopped",
];

/// Beginnings of paths that are not imitated: the answer is 501.
const NOT_IMITATED: &[&str] = &[
    "/access/acl",
    "/access/domains",
    "/access/groups",
    "/access/password",
    "/access/roles",
    "/access/tfa",
    "/access/ticket",
    "/access/users",
    "/cluster/backup",
    "/cluster/ha",
    "/cluster/log",
    "/cluster/nextid",
    "/cluster/options",
    "/pools",
    "/storage",
];

/// The same for the ends of paths.
const NOT_IMITATED_BELOW: &[&str] = &[
    "/cluster",
    "/json/",
    "/certificates/info",
    "/disks/list",
    "/dns",
    "/hardware/pci",
    "/network",
    "/services",
    "/subscription",
    "/time",
    "/vncshell",
    "/pending",
    "/snapshot",
    "/snapshot/before/config",
    "/feature",
    "/cloudinit",
    "/firewall/options",
    "/migrate",
    "/nodes/pve1",
    "/qemu/100",
    "/qemu/999",
];

#[derive(Debug)]
struct Exchange {
    name: String,
    method: Method,
    /// Below `/api2/json`, with the query.
    target: String,
    body: String,
    content_type: Option<String>,
    status: u16,
    reason: String,
    headers: Vec<String>,
    answer: String,
}

impl Exchange {
    fn read(line: &str) -> Option<Self> {
        let told: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| told[key].as_str().unwrap_or_default().to_owned();
        let list = |key: &str| -> Vec<String> {
            told[key].as_array().into_iter().flatten().map(|line| line.as_str().unwrap().to_owned()).collect()
        };
        let request = text("request");
        let mut words = request.split(' ');
        let method = words.next()?.parse().ok()?;
        let target = words.next()?.strip_prefix("/api2/json")?.to_owned();
        let status_line = text("status_line");
        let (status, reason) = status_line.split_once(' ')?.1.split_once(' ')?;
        let content_type = list("request_headers")
            .into_iter()
            .find_map(|header| header.strip_prefix("Content-Type: ").map(str::to_owned));
        Some(Self {
            name: text("name"),
            method,
            target,
            body: text("request_body"),
            content_type,
            status: status.parse().unwrap(),
            reason: reason.to_owned(),
            headers: list("headers"),
            answer: text("body"),
        })
    }

    fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    fn is_imitated(&self) -> bool {
        let path = self.path();
        let is_change = self.method == Method::PUT || self.method == Method::DELETE;
        let makes_a_guest = self.method == Method::POST && (path.ends_with("/qemu") || path.ends_with("/clone"));
        let is_elsewhere = NOT_IMITATED.iter().any(|beginning| path.starts_with(beginning))
            || NOT_IMITATED_BELOW.iter().any(|end| path.ends_with(end));
        let is_index = path.is_empty() || path == "/";
        !(is_change || makes_a_guest || is_elsewhere || is_index)
    }

    fn is_left_out(&self) -> bool {
        !REFUSED_AT_ONCE.contains(&self.name.as_str())
            && LEFT_OUT.iter().any(|(beginning, _)| self.name.starts_with(beginning))
    }

    fn token(&self) -> &'static str {
        match &self.name {
            name if name.starts_with("perm-alice") => "none",
            name if name.starts_with("perm-auditor") => "auditor",
            _ => "full",
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        // Where there are two of the same name, the last one counts.
        self.headers.iter().rev().find_map(|header| {
            let (key, value) = header.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

fn exchanges() -> Option<Vec<Exchange>> {
    let Some(folder) = std::env::var_os("NEXOPS_PVE_RECORDINGS") else {
        println!("nothing to read: NEXOPS_PVE_RECORDINGS is not set");
        return None;
    };
    let text = std::fs::read_to_string(PathBuf::from(folder).join("pve-genuine-9.1.7.jsonl")).unwrap();
    Some(text.lines().filter_map(Exchange::read).collect())
}

/// A cluster like the recorded one.
async fn cluster() -> Sim {
    let tokens = vec![
        token("full", Privileges::full()),
        token("auditor", Privileges::auditor()),
        token("none", Privileges::none()),
    ];
    let sim = Sim::start_with(Config { nodes: 2, guests: 0, tokens, ..quick() }).await;
    for (vmid, node, kind, state) in [
        (100, "pve1", GuestKind::Qemu, State::Running),
        (101, "pve1", GuestKind::Qemu, State::Stopped),
        (102, "pve1", GuestKind::Qemu, State::Stopped),
        (103, "pve1", GuestKind::Qemu, State::Stopped),
        (104, "pve1", GuestKind::Qemu, State::Paused),
        (105, "pve1", GuestKind::Qemu, State::Stopped),
        (106, "pve1", GuestKind::Qemu, State::Stopped),
        (110, "pve2", GuestKind::Qemu, State::Running),
        (111, "pve2", GuestKind::Qemu, State::Stopped),
        (200, "pve1", GuestKind::Lxc, State::Stopped),
    ] {
        let guest = NewGuest { vmid, node: node.to_owned(), kind, name: format!("guest-{vmid}"), state };
        assert!(sim.control().add_guest(guest));
    }
    for (vmid, agent) in [(100, Agent::Dead), (101, Agent::Absent), (104, Agent::Absent)] {
        sim.control().set_agent(vmid, agent);
    }
    sim.control().set_guest_lock(103, Some("backup"));
    sim
}

async fn ask(sim: &Sim, exchange: &Exchange) -> Reply {
    let request = sim.client.request(exchange.method.clone(), sim.url(&exchange.target));
    let mut request = request.header("Authorization", authorization(exchange.token()));
    if let Some(content_type) = &exchange.content_type {
        request = request.header("Content-Type", content_type).body(exchange.body.clone());
    }
    read(request.send().await.unwrap()).await
}

/// What is different, in words.
fn differences(exchange: &Exchange, reply: &Reply) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |what: &str, recorded: Option<&str>, simulated: Option<&str>| {
        if recorded != simulated {
            found.push(format!("{}: {what} is {simulated:?}, recorded {recorded:?}", exchange.name));
        }
    };
    let recorded = format!("{} {}", exchange.status, exchange.reason);
    compare("status", Some(&recorded), Some(&format!("{} {}", reply.status, reply.reason)));
    for header in ["Content-Type", "Cache-Control", "Pragma", "Server"] {
        let simulated = reply.headers.get(header).map(|value| value.to_str().unwrap());
        compare(header, exchange.header(header), simulated);
    }
    if exchange.status >= 400 {
        let simulated = reply.headers.get("Connection").map(|value| value.to_str().unwrap());
        compare("Connection", exchange.header("Connection"), simulated);
        let keys = |text: &str| -> Option<String> {
            let body: Value = serde_json::from_str(text).ok()?;
            let errors = body["errors"].as_object().map(|errors| errors.keys().cloned().collect::<Vec<_>>().join(","));
            Some(format!("{:?} {:?} {}", body["message"].as_str(), errors, body.get("data").is_some()))
        };
        compare("body", keys(&exchange.answer).as_deref(), keys(&reply.body).as_deref());
    }
    found
}

#[tokio::test]
async fn the_same_question_gets_the_same_status_reason_and_headers() {
    let Some(exchanges) = exchanges() else { return };
    let sim = cluster().await;
    let (mut asked, mut found) = (0, Vec::new());
    for exchange in exchanges.iter().filter(|exchange| !exchange.is_left_out()) {
        let reply = ask(&sim, exchange).await;
        if !exchange.is_imitated() {
            if reply.status != 501 && exchange.status != 501 {
                found.push(format!("{} ({}) is imitated after all", exchange.name, exchange.target));
            }
            continue;
        }
        asked += 1;
        found.extend(differences(exchange, &reply));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(asked >= 100, "{asked}");
}

#[tokio::test]
async fn a_node_that_is_cut_off_gets_the_same_answers() {
    let Some(exchanges) = exchanges() else { return };
    let sim = cluster().await;
    sim.control().set_node_online("pve2", false);
    let mut asked = 0;
    for exchange in exchanges.iter().filter(|exchange| exchange.name.starts_with("off-cut-") && exchange.is_imitated())
    {
        if exchange.name.contains("immediately") {
            // Before anybody noticed, the reason is another one.
            continue;
        }
        let reply = ask(&sim, exchange).await;
        assert_eq!(differences(exchange, &reply), Vec::<String>::new());
        asked += 1;
    }
    assert!(asked >= 4, "{asked}");
}
