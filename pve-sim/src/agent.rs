//! The guest agent: what a program inside a virtual machine tells about it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::Moment;
use crate::figures::used_disk_bytes;
use crate::guest::Guest;
use crate::views::{mac_address, uuid};

/// The guest agent of a virtual machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agent {
    /// Not configured. Containers never have one.
    Absent,
    /// Configured, but nothing answers: every question costs three seconds.
    Dead,
    /// Configured and well.
    Answers,
}

/// A question to the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    Ping,
    Info,
    HostName,
    OperatingSystem,
    FileSystems,
    Interfaces,
}

impl Question {
    /// The question behind the last segment of a path that is read.
    pub(crate) fn parse(command: &str) -> Option<Self> {
        match command {
            "info" => Some(Self::Info),
            "get-host-name" => Some(Self::HostName),
            "get-osinfo" => Some(Self::OperatingSystem),
            "get-fsinfo" => Some(Self::FileSystems),
            "network-get-interfaces" => Some(Self::Interfaces),
            _ => None,
        }
    }
}

/// What the agent says. The API wraps it once more, as `result`.
pub(crate) fn answer(guest: &Guest, question: Question, now: Moment) -> Value {
    match question {
        Question::Ping => json!({}),
        Question::Info => info(),
        Question::HostName => json!({ "host-name": guest.name.as_deref().unwrap_or("localhost") }),
        Question::OperatingSystem => operating_system(guest),
        Question::FileSystems => file_systems(guest, now),
        Question::Interfaces => interfaces(guest),
    }
}

/// The interfaces of a running container. Types are named differently than by the agent.
pub(crate) fn container_interfaces(guest: &Guest) -> Value {
    let interface = |name: &str, mac: &str, inet: (&str, u8), inet6: (&str, u8)| {
        json!({
            "name": name,
            "hwaddr": mac,
            "hardware-address": mac,
            "inet": format!("{}/{}", inet.0, inet.1),
            "inet6": format!("{}/{}", inet6.0, inet6.1),
            "ip-addresses": [
                { "ip-address": inet.0, "ip-address-type": "inet", "prefix": inet.1 },
                { "ip-address": inet6.0, "ip-address-type": "inet6", "prefix": inet6.1 },
            ],
        })
    };
    json!([
        interface("lo", "00:00:00:00:00:00", ("127.0.0.1", 8), ("::1", 128)),
        interface("eth0", &mac_address(guest).to_lowercase(), (&address(guest), 24), (&link_local(guest), 64)),
    ])
}

fn is_windows(guest: &Guest) -> bool {
    guest.tags.iter().any(|tag| tag == "windows")
}

fn info() -> Value {
    let names = ["guest-ping", "guest-info", "guest-get-host-name", "guest-get-osinfo", "guest-get-fsinfo"];
    let command = |name: &str| json!({ "name": name, "enabled": true, "success-response": true });
    let mut commands: Vec<Value> = names.into_iter().map(command).collect();
    commands.push(command("guest-network-get-interfaces"));
    json!({ "version": "10.0.2", "supported_commands": commands })
}

fn operating_system(guest: &Guest) -> Value {
    if is_windows(guest) {
        return json!({
            "id": "mswindows",
            "name": "Microsoft Windows",
            "pretty-name": "Windows Server 2022 Standard",
            "version": "Microsoft Windows Server 2022",
            "version-id": "2022",
            "variant": "server",
            "variant-id": "server",
            "kernel-release": "20348",
            "kernel-version": "10.0",
            "machine": "x86_64",
        });
    }
    json!({
        "id": "debian",
        "name": "Debian GNU/Linux",
        "pretty-name": "Debian GNU/Linux 13 (trixie)",
        "version": "13 (trixie)",
        "version-id": "13",
        "kernel-release": "6.12.57+deb13-amd64",
        "kernel-version": "#1 SMP PREEMPT_DYNAMIC Debian 6.12.57-1 (2025-11-05)",
        "machine": "x86_64",
    })
}

/// With the entries clients have to leave out: without sizes, read-only images, the same device twice.
fn file_systems(guest: &Guest, now: Moment) -> Value {
    let (size, used) = (guest.max_disk_bytes, used_disk_bytes(guest, now));
    let disk = |device: &str| {
        json!([{
            "bus-type": "scsi",
            "bus": 0,
            "target": 0,
            "unit": 0,
            "dev": device,
            "serial": "0QEMU_QEMU_HARDDISK_drive-scsi0",
            "pci-controller": { "domain": 0, "bus": 9, "slot": 1, "function": 0 },
        }])
    };
    if is_windows(guest) {
        let volume = format!("\\\\?\\Volume{{{}}}\\", uuid(guest, "volume"));
        return json!([
            { "name": volume, "mountpoint": "System Reserved", "type": "NTFS", "disk": disk("\\\\.\\PhysicalDrive0") },
            {
                "name": volume.replace("Volume{", "Volume{c"),
                "mountpoint": "C:\\",
                "type": "NTFS",
                "total-bytes": size,
                "used-bytes": used,
                "disk": disk("\\\\.\\PhysicalDrive0"),
            },
            { "name": volume.replace("Volume{", "Volume{d"), "mountpoint": "D:\\", "type": "CDFS", "disk": [] },
        ]);
    }
    let mut rows = vec![
        json!({
            "name": "sda1",
            "mountpoint": "/",
            "type": "ext4",
            // A share is reserved for root.
            "total-bytes": size / 100 * 95,
            "total-bytes-privileged": size,
            "used-bytes": used,
            "disk": disk("/dev/sda1"),
        }),
        json!({
            "name": "sda15",
            "mountpoint": "/boot/efi",
            "type": "vfat",
            "total-bytes": 129_718_272,
            "total-bytes-privileged": 129_718_272,
            "used-bytes": 9_107_456,
            "disk": disk("/dev/sda15"),
        }),
    ];
    if guest.trait_of(50) > 0.5 {
        rows.push(json!({ "name": "loop0", "mountpoint": "/snap/core22/2045", "type": "squashfs", "disk": [] }));
        let mut bind = rows[0].clone();
        bind["mountpoint"] = json!("/var/lib/docker");
        rows.push(bind);
    }
    Value::Array(rows)
}

fn interfaces(guest: &Guest) -> Value {
    let names = if is_windows(guest) { ("Loopback Pseudo-Interface 1", "Ethernet 2") } else { ("lo", "ens18") };
    let addresses = |inet: (&str, u8), inet6: (&str, u8)| {
        json!([
            { "ip-address": inet.0, "ip-address-type": "ipv4", "prefix": inet.1 },
            { "ip-address": inet6.0, "ip-address-type": "ipv6", "prefix": inet6.1 },
        ])
    };
    let statistics = |bytes: u64| {
        json!({
            "rx-bytes": bytes, "rx-packets": bytes / 900, "rx-errs": 0, "rx-dropped": 0,
            "tx-bytes": bytes, "tx-packets": bytes / 900, "tx-errs": 0, "tx-dropped": 0,
        })
    };
    json!([
        {
            "name": names.0,
            "hardware-address": "00:00:00:00:00:00",
            "ip-addresses": addresses(("127.0.0.1", 8), ("::1", 128)),
            "statistics": statistics(6_480),
        },
        {
            "name": names.1,
            "hardware-address": mac_address(guest).to_lowercase(),
            "ip-addresses": addresses((&address(guest), 24), (&link_local(guest), 64)),
            "statistics": statistics(1_644_000),
        },
        // An interface that is down has neither addresses nor counters.
        { "name": "docker0", "hardware-address": "02:42:1f:6e:0d:5c" },
    ])
}

/// Unique among the first sixty thousand guests.
fn address(guest: &Guest) -> String {
    format!("192.168.{}.{}", guest.vmid / 250 % 250, guest.vmid % 250 + 2)
}

fn link_local(guest: &Guest) -> String {
    let [first, second, third, ..] = guest.seed.to_be_bytes();
    format!("fe80::be24:11ff:fe{first:02x}:{second:02x}{third:02x}")
}
