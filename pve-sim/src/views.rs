//! Guests and nodes as the detailed endpoints show them.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::agent::Agent;
use crate::answers::number;
use crate::clock::Moment;
use crate::figures::{Figures, figures};
use crate::guest::{Guest, GuestKind, State};
use crate::node::Node;
use crate::resources::ha_state;
use crate::statistics::NodeSample;
use crate::version::{Parts, PveVersion};

/// How much a list or a status tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// A row of `/nodes/{node}/qemu` or `lxc`.
    Row,
    /// A row of `/nodes/{node}/qemu?full=1`.
    FullRow,
    /// `status/current`.
    Current,
}

/// The state of a guest at this moment, not as pvestatd last saw it.
pub(crate) fn guest_status(guest: &Guest, detail: Detail, version: PveVersion, now: Moment) -> Value {
    let figures = figures(guest, now);
    let mut row = json!({
        "vmid": guest.vmid,
        "name": guest.display_name(),
        "cpu": number(figures.cpu),
        "cpus": number(guest.cpus()),
        "mem": figures.mem,
        "maxmem": guest.max_memory_bytes,
        "disk": figures.disk,
        "maxdisk": guest.max_disk_bytes,
        "uptime": figures.uptime,
        "netin": figures.netin,
        "netout": figures.netout,
        // A paused machine still has its process: only `qmpstatus` tells.
        "status": if guest.state() == State::Stopped { "stopped" } else { "running" },
    });
    if let Some(lock) = &guest.lock {
        row["lock"] = json!(lock);
    }
    if !guest.tags.is_empty() {
        row["tags"] = json!(guest.tags.join(";"));
    }
    if guest.template {
        row["template"] = json!(1);
    }
    if guest.state() != State::Stopped {
        row["pid"] = json!(figures.pid);
    }
    match guest.kind {
        GuestKind::Qemu => add_qemu(&mut row, guest, &figures, detail, version),
        GuestKind::Lxc => {
            add_lxc(&mut row, guest, &figures, version);
            if detail == Detail::Row && !version.is_8_2_or_later() {
                row["vmid"] = json!(guest.vmid.to_string());
            }
        }
    }
    if detail == Detail::Current {
        row["ha"] = match ha_state(guest) {
            Some(state) => json!({ "managed": 1, "state": state }),
            None => json!({ "managed": 0 }),
        };
    }
    row
}

fn add_qemu(row: &mut Value, guest: &Guest, figures: &Figures, detail: Detail, version: PveVersion) {
    let present = guest.state() != State::Stopped;
    if version.has_new_figures() {
        row["memhost"] = json!(figures.memhost);
    } else if detail == Detail::Row {
        // A list does not ask the machines; old ones said 0 where new ones say nothing.
        row["diskread"] = json!(0);
        row["diskwrite"] = json!(0);
    }
    if present && version.has_new_figures() {
        for key in ["pressurecpusome", "pressurecpufull"] {
            row[key] = number(figures.pressure);
        }
        for key in ["pressureiosome", "pressureiofull", "pressurememorysome", "pressurememoryfull"] {
            row[key] = json!(0);
        }
    }
    if detail == Detail::Row {
        return;
    }
    row["qmpstatus"] = json!(match guest.state() {
        State::Running => "running",
        State::Paused => "paused",
        State::Stopped => "stopped",
    });
    if detail == Detail::Current && guest.agent != Agent::Absent {
        row["agent"] = json!(1);
    }
    if !present {
        return;
    }
    let nic = format!("tap{}i0", guest.vmid);
    row["nics"] = json!({ nic: { "netin": figures.netin, "netout": figures.netout } });
    row["diskread"] = json!(figures.diskread);
    row["diskwrite"] = json!(figures.diskwrite);
    row["balloon"] = json!(guest.max_memory_bytes);
    row["freemem"] = json!(guest.max_memory_bytes - figures.mem.min(guest.max_memory_bytes));
    row["ballooninfo"] = json!({
        "actual": guest.max_memory_bytes,
        "max_mem": guest.max_memory_bytes,
        "total_mem": guest.max_memory_bytes,
        "free_mem": guest.max_memory_bytes - figures.mem.min(guest.max_memory_bytes),
    });
    row["running-machine"] = json!(format!("pc-i440fx-{}+pve0", version.machine()));
    row["running-qemu"] = json!(version.parts().qemu);
}

fn add_lxc(row: &mut Value, guest: &Guest, figures: &Figures, version: PveVersion) {
    row["type"] = json!("lxc");
    row["diskread"] = json!(figures.diskread);
    row["diskwrite"] = json!(figures.diskwrite);
    row["maxswap"] = json!(512u64 << 20);
    row["swap"] = json!(0);
    if let Some(limit) = guest.cpu_limit {
        // Without `cores` the limit goes through as the text of the configuration.
        row["cpus"] = json!(limit.to_string());
    }
    if guest.state() != State::Stopped && version.has_new_figures() {
        for key in ["pressurecpusome", "pressurecpufull"] {
            row[key] = json!(format!("{:.2}", figures.pressure));
        }
        for key in ["pressureiosome", "pressureiofull", "pressurememorysome", "pressurememoryfull"] {
            row[key] = json!("0.00");
        }
    }
}

/// The configuration of a guest; virtual machines write their memory as text since 8.1.
pub(crate) fn guest_config(guest: &Guest, version: PveVersion) -> Value {
    let (vmid, mebibytes) = (guest.vmid, guest.max_memory_bytes >> 20);
    let size = format!("{}G", guest.max_disk_bytes >> 30);
    let mac = mac_address(guest);
    let mut config = json!({ "digest": digest(guest) });
    match guest.kind {
        GuestKind::Qemu => {
            let disk = if guest.template { "base" } else { "vm" };
            config["boot"] = json!("order=scsi0;net0");
            config["memory"] = if version.is_8_2_or_later() { json!(mebibytes.to_string()) } else { json!(mebibytes) };
            config["cores"] = json!(guest.cores);
            config["sockets"] = json!(1);
            config["scsihw"] = json!("virtio-scsi-single");
            config["scsi0"] = json!(format!("local-lvm:{disk}-{vmid}-disk-0,iothread=1,size={size}"));
            config["net0"] = json!(format!("virtio={mac},bridge=vmbr0,firewall=1"));
            config["ostype"] = json!("l26");
            config["smbios1"] = json!(format!("uuid={}", uuid(guest, "smbios")));
            config["vmgenid"] = json!(uuid(guest, "vmgenid"));
            config["meta"] = json!(format!("creation-qemu={},ctime={}", version.parts().qemu, guest.created.epoch()));
            if guest.agent != Agent::Absent {
                config["agent"] = json!("1");
            }
            if let Some(name) = &guest.name {
                config["name"] = json!(name);
            }
        }
        GuestKind::Lxc => {
            config["arch"] = json!("amd64");
            config["ostype"] = json!("debian");
            config["memory"] = json!(mebibytes);
            config["swap"] = json!(512);
            config["unprivileged"] = json!(1);
            config["rootfs"] = json!(format!("local-lvm:vm-{vmid}-disk-0,size={size}"));
            config["net0"] = json!(format!("name=eth0,bridge=vmbr0,hwaddr={mac},ip=dhcp,type=veth"));
            match guest.cpu_limit {
                Some(limit) => config["cpulimit"] = json!(limit.to_string()),
                None => config["cores"] = json!(guest.cores),
            }
            if let Some(name) = &guest.name {
                config["hostname"] = json!(name);
            }
        }
    }
    if !guest.template {
        config["onboot"] = json!(1);
    }
    for (key, present) in [("template", guest.template), ("protection", guest.ha)] {
        if present {
            config[key] = json!(1);
        }
    }
    if !guest.tags.is_empty() {
        config["tags"] = json!(guest.tags.join(";"));
    }
    if let Some(lock) = &guest.lock {
        config["lock"] = json!(lock);
    }
    config
}

/// The answer of `/nodes/{node}/status`.
pub(crate) fn node_status(node: &Node, sample: NodeSample, version: PveVersion) -> Value {
    let Parts { manager, repository_id, kernel, kernel_build, qemu: _ } = version.parts();
    let load = sample.cpu * f64::from(node.threads);
    let available = node.memory_bytes - sample.memory_bytes;
    let (root_size, root_used) =
        node.root().map_or((0, 0), |root| (root.size_bytes, root.used_bytes(sample.uptime_seconds as f64)));
    let sockets = if node.threads > 32 { 2 } else { 1 };
    let mut status = json!({
        "uptime": sample.uptime_seconds,
        "idle": 0,
        "cpu": number(sample.cpu),
        "wait": number((sample.cpu * 20.0).round() / 1_000.0),
        "loadavg": [format!("{load:.2}"), format!("{:.2}", load * 0.95), format!("{:.2}", load * 0.9)],
        "kversion": format!("Linux {kernel} {kernel_build}"),
        "cpuinfo": {
            "cpus": node.threads,
            "cores": node.threads / 2 / sockets,
            "sockets": sockets,
            "user_hz": 100,
            "mhz": "3200.000",
            "hvm": "1",
            "model": "AMD EPYC 7443P 24-Core Processor",
            "flags": "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat svm sse4_2 aes avx2",
        },
        "memory": {
            "total": node.memory_bytes,
            "used": sample.memory_bytes,
            "free": available / 3,
        },
        "swap": { "total": 8u64 << 30, "used": 0, "free": 8u64 << 30 },
        "ksm": { "shared": 0 },
        "rootfs": {
            "total": root_size,
            "used": root_used,
            "free": root_size - root_used,
            // A share is reserved for root.
            "avail": (root_size - root_used) / 100 * 95,
        },
        "pveversion": format!("pve-manager/{manager}/{repository_id}"),
    });
    if version.is_8_2_or_later() {
        let (release, build) = (kernel, kernel_build);
        status["current-kernel"] =
            json!({ "sysname": "Linux", "release": release, "version": build, "machine": "x86_64" });
        status["cpuinfo"]["vendor"] = json!("AuthenticAMD");
        status["cpuinfo"]["family"] = json!("25");
        status["boot-info"] = json!({ "mode": "efi", "secureboot": 0 });
    }
    if version.has_new_figures() {
        status["memory"]["available"] = json!(available);
    }
    status
}

/// Forty hexadecimal digits that change with the configuration.
fn digest(guest: &Guest) -> String {
    let text = format!("{} {:?} {:?} {:?}", guest.seed, guest.name, guest.lock, guest.tags);
    hex(&Sha256::digest(text)[..20])
}

pub(crate) fn uuid(guest: &Guest, purpose: &str) -> String {
    let text = hex(&Sha256::digest(format!("{} {purpose}", guest.seed))[..16]);
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}

/// In the range that belongs to Proxmox.
pub(crate) fn mac_address(guest: &Guest) -> String {
    let [first, second, third, ..] = guest.seed.to_be_bytes();
    format!("BC:24:11:{first:02X}:{second:02X}:{third:02X}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
