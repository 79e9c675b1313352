//! The cluster a seed stands for: nodes, guests of every state, and names like in a homelab.

use sha2::{Digest, Sha256};

use crate::agent::Agent;
use crate::clock::Moment;
use crate::config::Config;
use crate::guest::{Guest, GuestKind, Run, State};
use crate::node::{Node, Storage};
use crate::random::Random;

const GIB: u64 = 1 << 30;

/// Name, tags and how the role is usually run.
const ROLES: [(&str, &str, GuestKind); 30] = [
    ("web", "web;prod", GuestKind::Qemu),
    ("postgres-main", "database;prod", GuestKind::Qemu),
    ("pihole", "dns", GuestKind::Lxc),
    ("gitlab", "dev", GuestKind::Qemu),
    ("home-assistant", "home", GuestKind::Qemu),
    ("nginx-proxy", "web;edge", GuestKind::Lxc),
    ("k3s-server", "k3s;prod", GuestKind::Qemu),
    ("k3s-agent", "k3s;prod", GuestKind::Qemu),
    ("nextcloud", "home;web", GuestKind::Qemu),
    ("jellyfin", "media", GuestKind::Lxc),
    ("grafana", "monitoring", GuestKind::Lxc),
    ("prometheus", "monitoring", GuestKind::Qemu),
    ("vaultwarden", "home;security", GuestKind::Lxc),
    ("mail", "mail;prod", GuestKind::Qemu),
    ("redis-cache", "cache;prod", GuestKind::Lxc),
    ("win-server", "windows", GuestKind::Qemu),
    ("truenas", "storage", GuestKind::Qemu),
    ("opnsense", "network;edge", GuestKind::Qemu),
    ("unifi", "network", GuestKind::Lxc),
    ("paperless", "home", GuestKind::Lxc),
    ("immich", "media;home", GuestKind::Qemu),
    ("minecraft", "games", GuestKind::Qemu),
    ("netbox", "network;docs", GuestKind::Qemu),
    ("wireguard", "network;edge", GuestKind::Lxc),
    ("ci-runner", "dev", GuestKind::Qemu),
    ("elasticsearch", "logs;prod", GuestKind::Qemu),
    ("mqtt", "home", GuestKind::Lxc),
    ("docker-host", "dev", GuestKind::Qemu),
    ("mariadb", "database", GuestKind::Qemu),
    ("staging", "dev;web", GuestKind::Qemu),
];

/// The nodes and guests of a configuration. Uptimes reach back from `now`; the rest is fixed by the seed.
pub(crate) fn build(config: &Config, now: Moment) -> (Vec<Node>, Vec<Guest>) {
    let mut random = Random::seeded(config.seed);
    let nodes = config.nodes.max(1) as usize;
    let guests: Vec<Guest> = (0..config.guests).map(|index| guest(index, nodes, &mut random, now)).collect();
    let nodes = (0..nodes).map(|index| node(index, &guests, &mut random, now)).collect();
    (nodes, guests)
}

/// A running guest without any peculiarity.
pub(crate) fn ordinary_guest(vmid: u32, kind: GuestKind, seed: u64, now: Moment) -> Guest {
    let mut random = Random::seeded(seed);
    let memory_gib = *match kind {
        GuestKind::Qemu => random.pick(&[2, 4, 4, 8, 8, 16]),
        GuestKind::Lxc => random.pick(&[1, 1, 2, 2, 4]),
    };
    let disk_gib = *match kind {
        GuestKind::Qemu => random.pick(&[32, 32, 64, 100, 200]),
        GuestKind::Lxc => random.pick(&[4, 8, 8, 16, 32]),
    };
    Guest {
        vmid,
        node: 0,
        kind,
        name: None,
        tags: Vec::new(),
        template: false,
        lock: None,
        pool: None,
        ha: false,
        agent: match kind {
            GuestKind::Qemu => Agent::Answers,
            GuestKind::Lxc => Agent::Absent,
        },
        ignores_shutdown: false,
        cores: *random.pick(&[1, 2, 2, 4, 4, 8]),
        cpu_limit: None,
        max_memory_bytes: memory_gib * GIB,
        max_disk_bytes: disk_gib * GIB,
        seed: random.next(),
        created: now.plus(-86_400.0 * random.between(30, 900) as f64),
        run: Some(Run::from(now.plus(-(random.between(3_600, 40 * 86_400) as f64)))),
        busy: None,
    }
}

fn guest(index: u32, nodes: usize, random: &mut Random, now: Moment) -> Guest {
    let vmid = 100 + index;
    let (role, tags, usual_kind) = ROLES[index as usize % ROLES.len()];
    let round = index as usize / ROLES.len();
    // 100 and 101 are ordinary virtual machines: tests start and stop 101.
    let kind = if index < 2 { GuestKind::Qemu } else { usual_kind };
    let mut guest = ordinary_guest(vmid, kind, random.next(), now);
    guest.name = Some(if round == 0 && role.contains('-') { role.to_owned() } else { format!("{role}-{}", round + 1) });
    guest.tags = tags.split(';').map(str::to_owned).collect();
    guest.node = if index < 2 { index as usize % nodes } else { random.next() as usize % nodes };
    if guest.tags.iter().any(|tag| tag == "prod") {
        guest.pool = Some("prod".to_owned());
    } else if guest.tags.iter().any(|tag| tag == "dev") {
        guest.pool = Some("dev".to_owned());
    }
    let chance = random.fraction();
    make_peculiar(&mut guest, index, chance, now);
    match index {
        16 => guest.agent = Agent::Dead,
        17 => guest.agent = Agent::Absent,
        _ => {}
    }
    guest
}

/// One guest of every peculiar sort among the first two dozen, so that small clusters show them all.
fn make_peculiar(guest: &mut Guest, index: u32, chance: f64, now: Moment) {
    match index {
        0 | 1 => {}
        3 => guest.set_state(State::Stopped, now),
        4 => guest.set_state(State::Paused, now),
        5 => guest.set_state(State::Stopped, now),
        6 => {
            guest.set_state(State::Stopped, now);
            guest.template = true;
            guest.name = Some("debian-13-template".to_owned());
            guest.tags = vec!["template".to_owned()];
            guest.pool = None;
        }
        7 => guest.lock = Some("backup".to_owned()),
        9 => guest.cpu_limit = Some(1.5),
        11 => guest.ha = true,
        13 => {
            guest.name = None;
            guest.tags.clear();
        }
        15 => guest.ignores_shutdown = true,
        _ if chance < 0.10 => guest.set_state(State::Stopped, now),
        _ if chance < 0.11 && guest.kind == GuestKind::Qemu => guest.set_state(State::Paused, now),
        _ if chance < 0.12 => guest.tags.clear(),
        _ => {}
    }
}

fn node(index: usize, guests: &[Guest], random: &mut Random, now: Moment) -> Node {
    let name = format!("pve{}", index + 1);
    let own = guests.iter().filter(|guest| guest.node == index);
    let (memory, cores) =
        own.fold((0, 0.0), |(memory, cores), guest| (memory + guest.max_memory_bytes, cores + guest.cpus()));
    // The next size up in steps a machine is sold in, with room to spare.
    let memory_bytes = ((memory * 5 / 4) / (32 * GIB) + 1) * 32 * GIB;
    let threads = (((cores / 3.0) as u32) / 8 + 1) * 8;
    let started = now.plus(-(random.between(45, 200) as f64) * 86_400.0);
    Node {
        address: format!("10.0.{}.{}", index / 250, index % 250 + 1),
        fingerprint: colon_hex(&Sha256::digest(format!("{name} {}", random.next()))),
        threads,
        memory_bytes,
        storages: vec![
            Storage {
                name: "local",
                plugin: "dir",
                content: "backup,iso,vztmpl",
                shared: false,
                size_bytes: 100 * GIB,
                used: 0.2 + 0.4 * random.fraction(),
            },
            Storage {
                name: "local-lvm",
                plugin: "lvmthin",
                content: "images,rootdir",
                shared: false,
                size_bytes: (1 + memory_bytes / (256 * GIB)) * 1_800 * GIB,
                used: 0.25 + 0.5 * random.fraction(),
            },
            // The same on every node: a shared storage has one size and one filling.
            Storage {
                name: "nas",
                plugin: "nfs",
                content: "backup,images,iso",
                shared: true,
                size_bytes: 16 * 1_024 * GIB,
                used: 0.58,
            },
        ],
        started,
        offline_since: None,
        name,
    }
}

/// `AA:BB:…`, the way Proxmox VE writes fingerprints.
pub(crate) fn colon_hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}
