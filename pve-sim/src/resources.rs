//! `/cluster/resources`: one list of everything, written once per refresh and served as bytes.

use std::collections::BTreeMap;

use hyper::body::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

use crate::answers::number;
use crate::auth::Privileges;
use crate::clock::Moment;
use crate::guest::{Guest, State};
use crate::node::Node;
use crate::statistics::Sample;
use crate::version::PveVersion;
use crate::world::World;

/// Which rows a request gets: its `type` parameter and what its token may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Selection {
    guests: bool,
    nodes: bool,
    node_figures: bool,
    storage: bool,
    pools: bool,
    networks: bool,
    zones: bool,
}

impl Selection {
    pub(crate) fn of(kind: Option<&str>, privileges: &Privileges) -> Self {
        let asked = |name: &str| kind.is_none_or(|kind| kind == name);
        Self {
            guests: asked("vm") && privileges.allow("VM.Audit"),
            nodes: asked("node"),
            node_figures: privileges.allow("Sys.Audit"),
            storage: asked("storage") && privileges.allow("Datastore.Audit"),
            pools: kind.is_none() && privileges.allow("Pool.Audit"),
            // No type selects these rows, not even `sdn`.
            networks: kind.is_none() && privileges.allow("SDN.Audit"),
            zones: asked("sdn") && privileges.allow("SDN.Audit"),
        }
    }
}

/// The body of the answer.
pub(crate) fn list(world: &mut World, selection: Selection, now: Moment) -> Bytes {
    let generation = world.generation;
    if let Some(written) = world.statistics.written(&selection, generation) {
        return written;
    }
    let list = Bytes::from(write(world, selection, now));
    world.statistics.keep(selection, list.clone());
    list
}

fn write(world: &World, selection: Selection, now: Moment) -> Vec<u8> {
    let mut body = b"{\"data\":[".to_vec();
    if selection.pools {
        pool_rows(world).iter().for_each(|row| push(&mut body, row));
    }
    if selection.guests {
        let mut guests: Vec<(String, &Guest)> =
            world.guests.values().map(|guest| (guest.vmid.to_string(), guest)).collect();
        // Numbers sorted as text: that is how the real list comes.
        guests.sort_by(|left, right| left.0.cmp(&right.0));
        for (_, guest) in guests {
            push(&mut body, &guest_row(world, guest));
        }
    }
    if selection.nodes {
        for index in 0..world.nodes.len() {
            let mut row = node_row(world, index, selection.node_figures, now);
            row["cgroup-mode"] = json!(2);
            push(&mut body, &row);
        }
    }
    if selection.storage {
        storage_rows(world, now).iter().for_each(|row| push(&mut body, row));
    }
    // The zones of old releases have a type of their own, which `type` does select.
    let zones = world.version.is_8_2_or_later() && !world.version.has_new_figures();
    if selection.zones && zones {
        zone_rows(world).iter().for_each(|row| push(&mut body, row));
    }
    if selection.networks && world.version.has_new_figures() {
        network_rows(world).iter().for_each(|row| push(&mut body, row));
    }
    if body.last() == Some(&b',') {
        body.pop();
    }
    body.extend_from_slice(b"]}");
    body
}

fn push(body: &mut Vec<u8>, row: &impl Serialize) {
    // Writing to memory cannot fail, and the rows hold no maps with other keys than text.
    if serde_json::to_writer(&mut *body, row).is_ok() {
        body.push(b',');
    }
}

#[derive(Serialize)]
struct GuestRow<'a> {
    id: String,
    vmid: u32,
    node: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    lock: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pool: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hastate: Option<&'static str>,
    #[serde(flatten)]
    reported: Option<Reported<'a>>,
}

/// The part of a row that is missing when the node has been silent for too long.
#[derive(Serialize)]
struct Reported<'a> {
    name: &'a str,
    template: u8,
    uptime: u64,
    maxcpu: Value,
    cpu: Value,
    maxmem: u64,
    mem: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    memhost: Option<u64>,
    maxdisk: u64,
    disk: u64,
    netin: u64,
    netout: u64,
    diskread: u64,
    diskwrite: u64,
}

fn guest_row<'a>(world: &'a World, guest: &'a Guest) -> GuestRow<'a> {
    let sample = world.statistics.sample(guest);
    GuestRow {
        id: format!("{}/{}", guest.kind.key(), guest.vmid),
        vmid: guest.vmid,
        node: world.node_name(guest.node),
        kind: guest.kind.key(),
        status: sample.map_or("unknown", |sample| sample.status),
        lock: guest.lock.as_deref(),
        tags: (!guest.tags.is_empty()).then(|| guest.tags.join(";")),
        pool: guest.pool.as_deref(),
        hastate: ha_state(guest),
        reported: sample.map(|sample| reported(sample, world.version)),
    }
}

/// What the high-availability manager wants the guest to be.
pub(crate) fn ha_state(guest: &Guest) -> Option<&'static str> {
    let wanted = match guest.state() {
        State::Running | State::Paused => "started",
        State::Stopped => "stopped",
    };
    guest.ha.then_some(wanted)
}

fn reported(sample: &Sample, version: PveVersion) -> Reported<'_> {
    let figures = &sample.figures;
    Reported {
        name: &sample.name,
        template: u8::from(sample.template),
        uptime: figures.uptime,
        maxcpu: number(sample.cpus),
        cpu: number(figures.cpu),
        maxmem: sample.max_memory_bytes,
        mem: figures.mem,
        memhost: version.has_new_figures().then_some(figures.memhost),
        maxdisk: sample.max_disk_bytes,
        disk: figures.disk,
        netin: figures.netin,
        netout: figures.netout,
        diskread: figures.diskread,
        diskwrite: figures.diskwrite,
    }
}

/// A node as `/nodes` and `/cluster/resources` show it; without `figures` only that it exists.
pub(crate) fn node_row(world: &World, index: usize, figures: bool, now: Moment) -> Value {
    let node = &world.nodes[index];
    let mut row = json!({
        "id": format!("node/{}", node.name),
        "node": node.name,
        "type": "node",
        "status": if node.is_online() { "online" } else { "offline" },
    });
    if world.statistics.is_expired(index) {
        return row;
    }
    row["level"] = json!("");
    if !figures {
        return row;
    }
    row["maxcpu"] = json!(node.threads);
    row["maxmem"] = json!(node.memory_bytes);
    row["maxdisk"] = json!(node.root().map_or(0, |root| root.size_bytes));
    if node.is_online() {
        let sample = world.statistics.node(index);
        row["cpu"] = json!(sample.cpu);
        row["mem"] = json!(sample.memory_bytes);
        row["uptime"] = json!(sample.uptime_seconds);
        row["disk"] = json!(node.root().map_or(0, |root| root.used_bytes(now.since(node.started))));
    }
    row
}

fn storage_rows(world: &World, now: Moment) -> Vec<Value> {
    let mut rows = Vec::new();
    for (index, node) in world.nodes.iter().enumerate() {
        for storage in &node.storages {
            let mut row = json!({
                "id": format!("storage/{}/{}", node.name, storage.name),
                "storage": storage.name,
                "node": node.name,
                "type": "storage",
                "plugintype": storage.plugin,
                "content": storage.content,
                "shared": u8::from(storage.shared),
                "status": if world.statistics.is_expired(index) { "unknown" } else { "available" },
            });
            if !world.statistics.is_expired(index) {
                // What is shared must not depend on how long one node has been up.
                let up = if storage.shared { 0.0 } else { now.since(node.started) };
                row["disk"] = json!(storage.used_bytes(up));
                row["maxdisk"] = json!(storage.size_bytes);
            }
            rows.push(row);
        }
    }
    rows
}

fn pool_rows(world: &World) -> Vec<Value> {
    let mut pools: BTreeMap<&str, Vec<&Sample>> = BTreeMap::new();
    for guest in world.guests.values() {
        let Some(pool) = guest.pool.as_deref() else {
            continue;
        };
        let members = pools.entry(pool).or_default();
        let running = world.statistics.sample(guest).filter(|sample| sample.status != "stopped");
        members.extend(running);
    }
    pools
        .into_iter()
        .map(|(pool, members)| {
            let mut row = json!({ "id": format!("/pool/{pool}"), "pool": pool, "type": "pool" });
            if !members.is_empty() {
                let cpus: f64 = members.iter().map(|member| member.cpus).sum();
                let used: f64 = members.iter().map(|member| member.cpus * member.figures.cpu).sum();
                row["maxcpu"] = number(cpus);
                row["cpu"] = json!(used / cpus.max(1.0));
                row["mem"] = json!(members.iter().map(|member| member.figures.mem).sum::<u64>());
                row["maxmem"] = json!(members.iter().map(|member| member.max_memory_bytes).sum::<u64>());
                row["uptime"] = json!(members.iter().map(|member| member.figures.uptime).max());
            }
            row
        })
        .collect()
}

fn zone_rows(world: &World) -> Vec<Value> {
    let row = |(index, node): (usize, &Node)| {
        json!({
            "id": format!("sdn/{}/localnetwork", node.name),
            "sdn": "localnetwork",
            "node": node.name,
            "type": "sdn",
            "status": if world.statistics.is_expired(index) { "unknown" } else { "ok" },
        })
    };
    world.nodes.iter().enumerate().map(row).collect()
}

fn network_rows(world: &World) -> Vec<Value> {
    let row = |(index, node): (usize, &Node)| {
        json!({
            "id": format!("network/{}/zone/localnetwork", node.name),
            "network": "localnetwork",
            "network-type": "zone",
            "node": node.name,
            "type": "network",
            "status": if world.statistics.is_expired(index) { "unknown" } else { "ok" },
        })
    };
    world.nodes.iter().enumerate().map(row).collect()
}
