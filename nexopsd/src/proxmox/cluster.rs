//! The cluster: its release, its members, and everything it holds.

use nexops_core::vm::VmType;

use super::guest::GuestRow;
use super::node::NodeRow;
use super::payload::{Answer, Row};

/// The release of the host that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// As Proxmox writes it: `9.1.7`, `7.4-16`.
    pub text: String,
    /// The first number; 0 when there is none.
    pub major: u32,
    /// The second number; 0 when there is none.
    pub minor: u32,
}

impl Version {
    pub(super) fn read(row: Row<'_>) -> Option<Self> {
        let text = row.text("version").or_else(|| row.text("release"))?;
        let mut numbers = text.split(|letter: char| !letter.is_ascii_digit()).map(|number| number.parse().unwrap_or(0));
        let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        Some(Self { text, major, minor })
    }
}

/// Who belongs to the cluster, and whether it can decide anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterStatus {
    /// The cluster's name; `None` for a node that stands alone.
    pub name: Option<String>,
    /// Whether a majority is there; `None` for a node that stands alone.
    pub quorate: Option<bool>,
    /// The members.
    pub members: Vec<Member>,
}

/// A member of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its address within the cluster.
    pub ip: Option<String>,
    /// Whether it is there.
    pub online: bool,
    /// Whether it is the one that was asked.
    pub local: bool,
}

impl ClusterStatus {
    pub(super) fn read(answer: &Answer) -> Result<Self, String> {
        let (rows, _) = answer.rows()?;
        let of_type = |wanted: &'static str| rows.iter().filter(move |row| row.text("type").as_deref() == Some(wanted));
        let cluster = of_type("cluster").next();
        let members = of_type("node").filter_map(|row| {
            Some(Member {
                name: row.text("name")?,
                ip: row.text("ip"),
                online: row.flag("online").unwrap_or(false),
                local: row.flag("local").unwrap_or(false),
            })
        });
        Ok(Self {
            name: cluster.and_then(|row| row.text("name")),
            quorate: cluster.and_then(|row| row.flag("quorate")),
            members: members.collect(),
        })
    }
}

/// Everything the token may see, from one request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resources {
    /// The nodes.
    pub nodes: Vec<NodeRow>,
    /// The guests.
    pub guests: Vec<GuestRow>,
    /// The storages, one row for each node that can use them.
    pub storages: Vec<StorageRow>,
    /// Rows of these kinds that do not say what they are about, and were left out.
    pub skipped: usize,
}

/// A storage as one node sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct StorageRow {
    /// Its name.
    pub name: String,
    /// The node.
    pub node: String,
    /// The kind of storage: `dir`, `zfspool`, `nfs` …
    pub plugin: Option<String>,
    /// What may be kept there, sorted; Proxmox sends it in any order.
    pub content: Vec<String>,
    /// Whether other nodes see the same storage.
    pub shared: Option<bool>,
    /// Whether the node can use it now.
    pub available: bool,
    /// Bytes in use.
    pub disk_used: Option<i64>,
    /// Bytes in all.
    pub disk_total: Option<i64>,
}

impl StorageRow {
    fn read(row: Row<'_>) -> Option<Self> {
        let content = row.text("content").unwrap_or_default();
        let mut content: Vec<_> = content.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        content.sort();
        Some(Self {
            name: row.text("storage")?,
            node: row.node()?,
            plugin: row.text("plugintype"),
            content,
            shared: row.flag("shared"),
            available: row.text("status").as_deref() == Some("available"),
            disk_used: row.count("disk"),
            disk_total: row.count("maxdisk"),
        })
    }
}

impl Resources {
    pub(super) fn read(answer: &Answer) -> Result<Self, String> {
        let (rows, skipped) = answer.rows()?;
        let mut resources = Self { skipped, ..Self::default() };
        for row in rows {
            let read = match row.text("type").as_deref() {
                Some("node") => NodeRow::read(row).map(|node| resources.nodes.push(node)),
                Some("qemu") => GuestRow::read(VmType::Qemu, row).map(|guest| resources.guests.push(guest)),
                Some("lxc") => GuestRow::read(VmType::Lxc, row).map(|guest| resources.guests.push(guest)),
                Some("storage") => StorageRow::read(row).map(|storage| resources.storages.push(storage)),
                // Pools, networks, and what later releases add.
                Some(_) => Some(()),
                None => None,
            };
            resources.skipped += usize::from(read.is_none());
        }
        Ok(resources)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use proptest::prelude::*;

    fn version(text: &str) -> (u32, u32) {
        let value = json!({ "version": text });
        let version = Version::read(Row::of(&value).unwrap()).unwrap();
        (version.major, version.minor)
    }

    #[test]
    fn a_version_is_its_first_two_numbers() {
        assert_eq!(version("9.1.7"), (9, 1));
        assert_eq!(version("8.4.1"), (8, 4));
        assert_eq!(version("7.4-16"), (7, 4));
        assert_eq!(version("10"), (10, 0));
        assert_eq!(version("soon"), (0, 0));
    }

    #[test]
    fn rows_that_do_not_say_what_they_are_about_are_counted_and_left_out() {
        let data = json!([
            {"type": "qemu", "vmid": 100, "node": "n"},
            {"type": "qemu", "vmid": "abc", "node": "n"},
            {"type": "lxc", "id": "lxc/101", "node": "n"},
            {"type": "lxc", "vmid": 102},
            {"type": "node"},
            {"type": "storage", "storage": "s", "node": "n", "content": "iso,backup"},
            {"type": "levitation", "id": "x"},
            {"id": "no type"},
            "no row",
        ]);
        let resources = Resources::read(&Answer { data, total: None, parsing: std::time::Duration::ZERO }).unwrap();
        assert_eq!(resources.guests.iter().map(|guest| guest.vmid).collect::<Vec<_>>(), [100, 101]);
        assert_eq!(resources.storages[0].content, ["backup", "iso"]);
        assert_eq!(resources.skipped, 5);
    }

    #[test]
    fn a_node_that_stands_alone_has_no_cluster() {
        let data = json!([{"type": "node", "name": "pve", "online": 1, "local": "1", "nodeid": 0}]);
        let status = ClusterStatus::read(&Answer { data, total: None, parsing: std::time::Duration::ZERO }).unwrap();
        let alone = Member { name: "pve".to_owned(), ip: None, online: true, local: true };
        assert_eq!(status, ClusterStatus { name: None, quorate: None, members: vec![alone] });
    }

    proptest! {
        #[test]
        fn no_value_of_any_field_is_a_surprise(
            kind in "node|qemu|lxc|storage", fields in proptest::collection::hash_map(
                "vmid|id|node|status|name|template|lock|tags|uptime|cpu|maxcpu|mem|disk|netin|hastate|content|storage",
                super::super::payload::tests::any_json(), 0..8,
            ),
        ) {
            let mut row: serde_json::Map<_, _> = fields.into_iter().collect();
            row.insert("type".to_owned(), json!(kind));
            let answer = Answer { data: json!([row]), total: None, parsing: std::time::Duration::ZERO };
            let resources = Resources::read(&answer).unwrap();
            let read = resources.nodes.len() + resources.guests.len() + resources.storages.len();
            prop_assert_eq!(read + resources.skipped, 1);
            prop_assert!(ClusterStatus::read(&answer).is_ok());
        }
    }
}
