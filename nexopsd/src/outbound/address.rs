//! Which addresses a user's URL may lead to.
//!
//! Private ranges are what NexOps is for. Never the machine's own inside (unless configured), its link, or the addresses
//! at which clouds hand out credentials; and not by way of an IPv6 address that carries one of those either.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is not spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// It is this machine's own inside.
    Loopback,
    /// It is valid on one link only, and the usual place of a cloud's metadata.
    LinkLocal,
    /// A cloud hands out credentials there.
    Metadata,
    /// It stands for "any address", which means this machine.
    Unspecified,
    /// It stands for many machines.
    Multicast,
    /// It stands for all machines of a network, or for none.
    Reserved,
}

impl fmt::Display for Denied {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Loopback => {
                "it is a loopback address; NEXOPS_ALLOW_LOOPBACK_TARGETS=true allows them if you mean this machine"
            }
            Self::LinkLocal => "it is a link-local address, which is never asked",
            Self::Metadata => "a cloud hands out credentials there, so it is never asked",
            Self::Unspecified => "it is no address of a machine",
            Self::Multicast => "it is a multicast address",
            Self::Reserved => "it is a broadcast or reserved address",
        })
    }
}

/// Names under which clouds hand out credentials, whatever they resolve to.
const METADATA_NAMES: &[&str] = &[
    "metadata",
    "metadata.google.internal",
    "metadata.goog",
    "metadata.azure.internal",
    "metadata.azure.com",
    "metadata.oraclecloud.com",
    "metadata.platformequinix.com",
    "metadata.tencentyun.com",
    "metadata.packet.net",
    "instance-data",
    "instance-data.ec2.internal",
];

/// Addresses of the same that are not link-local: Alibaba, Oracle's old cloud, Azure's host.
const METADATA_V4: &[Ipv4Addr] =
    &[Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192), Ipv4Addr::new(168, 63, 129, 16)];

/// Prefixes of the same: Amazon's, Google's, Oracle's and Scaleway's.
const METADATA_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0xfd00, 0x00c1, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0xfd00, 0x0042, 0, 0, 0, 0, 0, 0x0042), 128),
];

/// Whether a host's name is one of those that are never asked. Case and a final dot do not matter.
#[must_use]
pub fn is_metadata_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    METADATA_NAMES.contains(&name.as_str())
}

/// Says whether an address may be spoken to.
///
/// # Errors
/// With the reason, when it may not.
pub fn judge(address: IpAddr, allow_loopback: bool) -> Result<(), Denied> {
    let verdict = match address {
        IpAddr::V4(address) => denied_v4(address),
        IpAddr::V6(address) => denied_v6(address),
    };
    match verdict {
        None => Ok(()),
        Some(Denied::Loopback) if allow_loopback => Ok(()),
        Some(denied) => Err(denied),
    }
}

fn denied_v4(address: Ipv4Addr) -> Option<Denied> {
    let first = address.octets()[0];
    if METADATA_V4.contains(&address) {
        return Some(Denied::Metadata);
    }
    match first {
        // 0.0.0.0/8 is "this network"; Linux takes 0.0.0.0 for loopback.
        0 => Some(Denied::Unspecified),
        127 => Some(Denied::Loopback),
        169 if address.is_link_local() => Some(Denied::LinkLocal),
        224..=239 => Some(Denied::Multicast),
        240..=255 => Some(Denied::Reserved),
        _ => None,
    }
}

fn denied_v6(address: Ipv6Addr) -> Option<Denied> {
    if address.is_loopback() {
        return Some(Denied::Loopback);
    }
    if address.is_unspecified() {
        return Some(Denied::Unspecified);
    }
    if METADATA_V6.iter().any(|(prefix, length)| is_below(address, *prefix, *length)) {
        return Some(Denied::Metadata);
    }
    if address.is_unicast_link_local() {
        return Some(Denied::LinkLocal);
    }
    if address.is_multicast() {
        return Some(Denied::Multicast);
    }
    carried(address).into_iter().find_map(denied_v4)
}

/// Whether an address begins with a prefix of `length` bits.
fn is_below(address: Ipv6Addr, prefix: Ipv6Addr, length: u32) -> bool {
    (address.to_bits() ^ prefix.to_bits()) >> (128 - length) == 0
}

/// The IPv4 addresses that an IPv6 address carries, at which a packet to it may end.
fn carried(address: Ipv6Addr) -> Vec<Ipv4Addr> {
    let bits = address.to_bits();
    // The 32 bits whose first one is this many bits from the left.
    let at = |start: u32| Ipv4Addr::from_bits(low_32(bits >> (96 - start)));
    let below = |prefix: [u16; 8], length| is_below(address, Ipv6Addr::from(prefix), length);
    let mut carried = Vec::new();
    // Mapped (::ffff:a.b.c.d), compatible (::a.b.c.d), translated (::ffff:0:a.b.c.d), NAT64.
    let last = below([0, 0, 0, 0, 0, 0xffff, 0, 0], 96)
        || below([0; 8], 96)
        || below([0, 0, 0, 0, 0xffff, 0, 0, 0], 96)
        || below([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);
    // ISATAP: an interface identifier of 0000:5efe or 0200:5efe before the address.
    let isatap = matches!(low_32(bits >> 32), 0x0000_5efe | 0x0200_5efe);
    if last || isatap {
        carried.push(at(96));
    }
    // 6to4.
    if below([0x2002, 0, 0, 0, 0, 0, 0, 0], 16) {
        carried.push(at(16));
    }
    // Teredo: the relay, and the client behind it with every bit turned over.
    if below([0x2001, 0, 0, 0, 0, 0, 0, 0], 32) {
        carried.push(at(32));
        carried.push(Ipv4Addr::from_bits(!at(96).to_bits()));
    }
    // NAT64 for local use. Whoever runs it chooses how long the prefix is, and so where the address stands; bits 64 to
    // 71 are skipped. A place that begins with a zero holds none.
    if below([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48) {
        let around = |before: u32| {
            let left = low_32(bits >> 64) & (u32::MAX >> (32 - before));
            let right = low_32(bits >> (24 + before)) & (u32::MAX >> before);
            Ipv4Addr::from_bits(left << (32 - before) | right)
        };
        let places = [around(16), around(8), at(72), at(96)];
        carried.extend(places.into_iter().filter(|place| place.octets()[0] != 0));
    }
    carried
}

#[expect(clippy::cast_possible_truncation, reason = "the low 32 bits are what is wanted")]
fn low_32(bits: u128) -> u32 {
    bits as u32
}

#[cfg(test)]
mod tests;
