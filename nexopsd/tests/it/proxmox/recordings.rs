//! Recorded exchanges: where they are, and how one is played back through the client.

use std::path::PathBuf;

use nexops_core::task::TaskLog;
use nexops_core::vm::{PowerAction, VmType};
use nexopsd::proxmox::{
    Client, ClusterStatus, DiskUse, Error, GuestAddress, GuestConfig, GuestCurrent, Interface, NodeRow, Permissions,
    PowerOptions, Resources, TaskRow, TaskState, Upid, Version,
};

use super::server::{Reply, Server};

/// The folder with the recordings.
pub const FOLDER: &str = "NEXOPS_PVE_RECORDINGS";

/// A file below the folder of recordings. `None` when there is no such folder; that the file is missing is a failure.
pub fn file(name: &str) -> Option<(PathBuf, String)> {
    let Some(folder) = std::env::var_os(FOLDER) else {
        println!("{FOLDER} is not set, so there was nothing to read");
        return None;
    };
    let path = PathBuf::from(folder).join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()));
    Some((path, text))
}

/// What the client was asked to do.
#[derive(Debug, Clone)]
pub enum Call {
    Version,
    Nodes,
    Status,
    Resources,
    Permissions,
    Current(GuestAddress),
    Config(GuestAddress),
    AgentInterfaces(GuestAddress),
    AgentDiskUse(GuestAddress),
    ContainerInterfaces(GuestAddress),
    Power(GuestAddress, PowerAction),
    TaskStatus(Upid),
    TaskLog(Upid),
    Tasks(String),
}

/// What it gave.
#[derive(Debug)]
pub enum Seen {
    Version(Version),
    Nodes(Vec<NodeRow>),
    Status(ClusterStatus),
    Resources(Resources),
    Permissions(Permissions),
    Current(GuestCurrent),
    Config(GuestConfig),
    Interfaces(Vec<Interface>),
    DiskUse(Option<DiskUse>),
    Power(Upid),
    TaskStatus(TaskState),
    TaskLog(TaskLog),
    Tasks(Vec<TaskRow>),
}

impl Call {
    /// The call that makes this request; `None` when the client makes no such request.
    pub fn of(method: &str, path: &str) -> Option<Self> {
        let segments: Vec<_> = path.trim_start_matches('/').split('/').collect();
        let guest = |node: &str, kind: &str, vmid: &str| {
            Some(GuestAddress { node: node.to_owned(), kind: kind.parse::<VmType>().ok()?, vmid: vmid.parse().ok()? })
        };
        let upid = |text: &str| text.replace("%3A", ":").replace("%40", "@").replace("%21", "!").parse::<Upid>().ok();
        match (method, &segments[..]) {
            ("GET", ["version"]) => Some(Self::Version),
            ("GET", ["nodes"]) => Some(Self::Nodes),
            ("GET", ["cluster", "status"]) => Some(Self::Status),
            ("GET", ["cluster", "resources"]) => Some(Self::Resources),
            ("GET", ["access", "permissions"]) => Some(Self::Permissions),
            ("GET", ["nodes", node, kind, vmid, "status", "current"]) => guest(node, kind, vmid).map(Self::Current),
            ("GET", ["nodes", node, kind, vmid, "config"]) => guest(node, kind, vmid).map(Self::Config),
            ("GET", ["nodes", node, "qemu", vmid, "agent", "network-get-interfaces"]) => {
                guest(node, "qemu", vmid).map(Self::AgentInterfaces)
            }
            ("GET", ["nodes", node, "qemu", vmid, "agent", "get-fsinfo"]) => {
                guest(node, "qemu", vmid).map(Self::AgentDiskUse)
            }
            ("GET", ["nodes", node, "lxc", vmid, "interfaces"]) => {
                guest(node, "lxc", vmid).map(Self::ContainerInterfaces)
            }
            ("POST", ["nodes", node, kind, vmid, "status", action]) => {
                let action = match *action {
                    "reboot" => PowerAction::Restart,
                    other => other.parse().ok()?,
                };
                guest(node, kind, vmid).map(|at| Self::Power(at, action))
            }
            ("GET", ["nodes", node, "tasks", id, "status"]) => {
                upid(id).filter(|upid| upid.node() == *node).map(Self::TaskStatus)
            }
            ("GET", ["nodes", node, "tasks", id, "log"]) => {
                upid(id).filter(|upid| upid.node() == *node).map(Self::TaskLog)
            }
            ("GET", ["nodes", node, "tasks"]) => Some(Self::Tasks((*node).to_owned())),
            _ => None,
        }
    }

    pub async fn make(&self, client: &Client) -> Result<Seen, Error> {
        match self {
            Self::Version => client.version().await.map(Seen::Version),
            Self::Nodes => client.nodes().await.map(Seen::Nodes),
            Self::Status => client.cluster_status().await.map(Seen::Status),
            Self::Resources => client.cluster_resources().await.map(Seen::Resources),
            Self::Permissions => client.permissions().await.map(Seen::Permissions),
            Self::Current(at) => client.guest_current(at).await.map(Seen::Current),
            Self::Config(at) => client.guest_config(at).await.map(Seen::Config),
            Self::AgentInterfaces(at) => client.agent_interfaces(at).await.map(Seen::Interfaces),
            Self::AgentDiskUse(at) => client.agent_disk_use(at).await.map(Seen::DiskUse),
            Self::ContainerInterfaces(at) => client.container_interfaces(at).await.map(Seen::Interfaces),
            Self::Power(at, action) => client.power(at, *action, PowerOptions::default()).await.map(Seen::Power),
            Self::TaskStatus(upid) => client.task_status(upid).await.map(Seen::TaskStatus),
            Self::TaskLog(upid) => client.task_log(upid, 0, 500).await.map(Seen::TaskLog),
            Self::Tasks(node) => client.tasks_of_guest(node, 101, chrono::DateTime::UNIX_EPOCH).await.map(Seen::Tasks),
        }
    }

    /// The node that Proxmox passes the request on to.
    pub fn node(&self) -> Option<&str> {
        match self {
            Self::Version | Self::Nodes | Self::Status | Self::Resources | Self::Permissions => None,
            Self::Current(at)
            | Self::Config(at)
            | Self::AgentInterfaces(at)
            | Self::AgentDiskUse(at)
            | Self::ContainerInterfaces(at)
            | Self::Power(at, _) => Some(&at.node),
            Self::TaskStatus(upid) | Self::TaskLog(upid) => Some(upid.node()),
            Self::Tasks(node) => Some(node),
        }
    }
}

/// Answers a call with exactly these bytes, and gives what the client made of it and the path it asked for.
pub async fn play(call: &Call, bytes: Vec<u8>) -> (Result<Seen, Error>, String) {
    let server = Server::answering(move |_, _| match bytes.is_empty() {
        true => Reply::Cut(Vec::new()),
        false => Reply::Finish(bytes.clone()),
    })
    .await;
    let seen = call.make(&server.client()).await;
    let path = server.requests()[0].path().to_owned();
    (seen, path)
}
