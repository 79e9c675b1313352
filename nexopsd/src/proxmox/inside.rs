//! The inside of a guest: its addresses and how full its disks are, as its guest agent or, for a container, its node
//! tells.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};

use serde_json::Value;

use super::payload::{Answer, Row};

/// A network interface inside a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its name inside the guest; Windows has names such as `Ethernet 2`.
    pub name: String,
    /// Its hardware address, in lower case.
    pub hardware_address: Option<String>,
    /// Its addresses, in the order in which they are told; none while it is down.
    pub addresses: Vec<IpAddr>,
}

/// How full a guest's disks are, all together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskUse {
    /// Bytes in use.
    pub used: i64,
    /// Bytes that its users can have.
    pub total: i64,
}

/// What the agent said instead of an answer, when it refused to give one: Proxmox passes that on as a success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentRefusal(pub String);

/// Kinds of file systems that are no disk of the guest's own: memory, images that are always full, other file systems
/// seen again, and what lies on other machines.
const FOREIGN: &[&str] = &[
    "9p",
    "autofs",
    "cdfs",
    "ceph",
    "cifs",
    "devfs",
    "devtmpfs",
    "efivarfs",
    "erofs",
    "fdescfs",
    "iso9660",
    "lofs",
    "nfs",
    "nfs4",
    "nullfs",
    "overlay",
    "overlayfs",
    "proc",
    "procfs",
    "ramfs",
    "smb3",
    "smbfs",
    "squashfs",
    "sysfs",
    "tmpfs",
    "udf",
    "unionfs",
    "virtiofs",
];

/// Interfaces that guests make for themselves, by the beginning of their names.
const HOMEMADE: &[&str] = &[
    "br-",
    "cali",
    "cni",
    "docker",
    "flannel",
    "kube",
    "lxc",
    "lxdbr",
    "podman",
    "tailscale",
    "tap",
    "tun",
    "veth",
    "virbr",
    "vnet",
    "wg",
    "zt",
];

/// What stands under `result`, where the agent's answer is wrapped once more.
fn result(answer: &Answer) -> Result<Result<&Value, AgentRefusal>, String> {
    let result = answer.row()?.value("result").ok_or("it has no 'result'")?;
    match Row::of(result).and_then(|row| row.value("error")).and_then(Row::of) {
        Some(error) => {
            let text = error.text("desc").or_else(|| error.text("class"));
            Ok(Err(AgentRefusal(text.unwrap_or_else(|| "it does not say why".to_owned()))))
        }
        None => Ok(Ok(result)),
    }
}

fn rows(value: &Value) -> Result<impl Iterator<Item = Row<'_>>, String> {
    let items = value.as_array().ok_or("'result' is not a list")?;
    Ok(items.iter().filter_map(Row::of))
}

/// Reads an agent's answer to `network-get-interfaces`.
pub(super) fn agent_interfaces(answer: &Answer) -> Result<Result<Vec<Interface>, AgentRefusal>, String> {
    match result(answer)? {
        Ok(result) => Ok(Ok(rows(result)?.filter_map(interface).collect())),
        Err(refusal) => Ok(Err(refusal)),
    }
}

/// Reads a node's answer about a container. A stopped container has `null` there.
pub(super) fn container_interfaces(answer: &Answer) -> Result<Vec<Interface>, String> {
    if answer.data.is_null() {
        return Ok(Vec::new());
    }
    let (rows, _) = answer.rows()?;
    Ok(rows.into_iter().filter_map(interface).collect())
}

fn interface(row: Row<'_>) -> Option<Interface> {
    let listed = row.value("ip-addresses").and_then(Value::as_array).into_iter().flatten();
    let listed = listed.filter_map(|address| Row::of(address)?.text("ip-address"));
    // Before 8.4 there is one address of each kind, with its prefix.
    let single = ["inet", "inet6"].into_iter().filter_map(|key| row.text(key));
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in listed.chain(single).filter_map(|text| address(&text)) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Some(Interface {
        name: row.text("name")?,
        hardware_address: row.text("hardware-address").or_else(|| row.text("hwaddr")).map(|mac| mac.to_lowercase()),
        addresses,
    })
}

/// `10.0.0.2/24` or `fe80::1%eth0` as the address alone.
fn address(text: &str) -> Option<IpAddr> {
    text.split(['/', '%']).next()?.trim().parse().ok()
}

/// The address by which a guest is best known.
///
/// That is one of an interface that its configuration names rather than of one it made for itself, and an IPv4 address
/// rather than an IPv6 one. `configured` holds the hardware addresses, in the order of the configuration.
#[must_use]
pub fn best_address(interfaces: &[Interface], configured: &[String]) -> Option<IpAddr> {
    let place = |interface: &Interface| {
        let of = |mac: &String| configured.iter().position(|other| other.eq_ignore_ascii_case(mac));
        interface.hardware_address.as_ref().and_then(of)
    };
    let candidates = interfaces.iter().flat_map(|interface| {
        let is_homemade = HOMEMADE.iter().any(|beginning| interface.name.starts_with(beginning));
        let rank = match place(interface) {
            Some(place) => place,
            None if is_homemade => usize::MAX,
            None => configured.len(),
        };
        interface.addresses.iter().filter_map(move |address| Some(((reach(address)?, rank), *address)))
    });
    // Of equals the first.
    candidates.min_by_key(|(key, _)| *key).map(|(_, address)| address)
}

/// How far an address reaches, the best first; `None` when it means nothing outside of the guest or its link.
fn reach(address: &IpAddr) -> Option<u8> {
    match address {
        IpAddr::V4(v4) if v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() => None,
        IpAddr::V4(_) => Some(0),
        IpAddr::V6(v6) if v6.is_loopback() || v6.is_unspecified() || is_link_local(v6) => None,
        IpAddr::V6(v6) => Some(if v6.segments()[0] & 0xfe00 == 0xfc00 { 2 } else { 1 }),
    }
}

fn is_link_local(v6: &Ipv6Addr) -> bool {
    v6.segments()[0] & 0xffc0 == 0xfe80
}

/// Reads an agent's answer to `get-fsinfo`, as one sum. `None` when no file system of its own has a size.
pub(super) fn disk_use(answer: &Answer) -> Result<Result<Option<DiskUse>, AgentRefusal>, String> {
    match result(answer)? {
        Ok(result) => Ok(Ok(sum(rows(result)?))),
        Err(refusal) => Ok(Err(refusal)),
    }
}

/// Adds up the file systems, each device once.
fn sum<'a>(rows: impl Iterator<Item = Row<'a>>) -> Option<DiskUse> {
    let mut devices: BTreeMap<String, DiskUse> = BTreeMap::new();
    let mut pools: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for row in rows {
        let kind = row.text("type").unwrap_or_default().to_ascii_lowercase();
        let (Some(used), Some(total)) = (row.count("used-bytes"), row.count("total-bytes")) else { continue };
        if total <= 0 || FOREIGN.contains(&kind.as_str()) || kind.starts_with("fuse") {
            continue;
        }
        let used = used.min(total);
        let name = row.text("name").or_else(|| row.text("mountpoint")).unwrap_or_default();
        if kind == "zfs" {
            // Every dataset counts what is free in the whole pool as its own.
            let pool = name.split('/').next().unwrap_or_default().to_owned();
            let (of_all, free) = pools.entry(pool).or_default();
            *of_all = of_all.saturating_add(used);
            *free = (*free).max(total - used);
        } else {
            // Mounted in several places, as subvolumes and bind mounts are, it is told several times.
            let known = devices.entry(name).or_insert(DiskUse { used, total });
            if total > known.total {
                *known = DiskUse { used, total };
            }
        }
    }
    let pools = pools.into_values().map(|(used, free)| DiskUse { used, total: used.saturating_add(free) });
    devices.into_values().chain(pools).reduce(|one, other| DiskUse {
        used: one.used.saturating_add(other.used),
        total: one.total.saturating_add(other.total),
    })
}

#[cfg(test)]
mod tests;
