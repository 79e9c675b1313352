//! A stand-in for the daemon, builders for what it answers, and the command under test.

mod things;

use std::process::Output;
use std::time::Duration;

use assert_cmd::Command;
use chrono::{DateTime, TimeDelta, Utc};
use nexops_core::envelope::{Envelope, ErrorEnvelope, Freshness, ListEnvelope, ListMeta, Meta};
use nexops_core::error::{ErrorBody, ErrorCode};
use nexops_core::id::{ConnectionId, NodeId, TaskId, VmId};
use nexops_core::node::{Node, NodeStatus, Provider};
use nexops_core::system::{ConnectionHealth, ConnectionStatus, Storage, System};
use nexops_core::task::{Task, TaskStatus};
use nexops_core::usage::{MemorySource, Usage};
use nexops_core::vm::{PowerAction, Vm, VmStatus, VmType};
use serde::Serialize;
use uuid::Uuid;
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub use things::{alert, channel, proxmox_connection, rule, service};

/// A stand-in for the daemon.
pub struct Daemon {
    pub server: MockServer,
    runtime: tokio::runtime::Runtime,
}

/// What the command did.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("it was not killed"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The command with nothing of the surrounding environment that it listens to.
pub fn nexops() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("nexops"));
    for (name, _) in std::env::vars() {
        if name.starts_with("NEXOPS_") {
            command.env_remove(name);
        }
    }
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env("TERM", "xterm").env("COLUMNS", "100");
    command.env("HOME", "/nonexistent").env_remove("XDG_CONFIG_HOME").env_remove("XDG_CACHE_HOME");
    command.timeout(Duration::from_secs(30));
    command
}

impl Daemon {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(MockServer::start());
        Self { server, runtime }
    }

    /// A daemon that knows one running guest, 101 web-1.
    pub fn with_web_1() -> Self {
        let daemon = Self::start();
        daemon.knows(&[vm(101, "web-1")]);
        daemon
    }

    /// Runs the command.
    pub fn run(&self, arguments: &str) -> Run {
        self.command(arguments).output().unwrap().into()
    }

    pub fn command(&self, arguments: &str) -> Command {
        let mut command = nexops();
        command.env("NEXOPS_API_URL", self.server.uri()).args(arguments.split_whitespace());
        command
    }

    /// Answers one request with `template`; what is mounted later stands behind what is there.
    pub fn mount(&self, verb: &str, route: &str, template: ResponseTemplate) {
        let mock = Mock::given(method(verb)).and(path(format!("/api/v1{route}"))).respond_with(template);
        self.runtime.block_on(mock.mount(&self.server));
    }

    /// The same for a path that stands beside the API.
    pub fn mount_beside(&self, route: &str, template: ResponseTemplate) {
        let mock = Mock::given(method("GET")).and(path(route)).respond_with(template);
        self.runtime.block_on(mock.mount(&self.server));
    }

    /// The same, but only for the first `times` requests.
    pub fn mount_times(&self, verb: &str, route: &str, template: ResponseTemplate, times: u64) {
        let mock = Mock::given(method(verb)).and(path(format!("/api/v1{route}"))).respond_with(template);
        self.runtime.block_on(mock.up_to_n_times(times).mount(&self.server));
    }

    /// Answers a page of a list.
    pub fn mount_page(&self, route: &str, page: u32, template: ResponseTemplate) {
        self.mount_where(route, ("page", &page.to_string()), template);
    }

    /// Answers a request whose query says so.
    pub fn mount_where(&self, route: &str, (key, value): (&str, &str), template: ResponseTemplate) {
        let mock = Mock::given(method("GET"))
            .and(path(format!("/api/v1{route}")))
            .and(query_param(key, value))
            .respond_with(template);
        self.runtime.block_on(mock.mount(&self.server));
    }

    /// Lists these guests, and shows each under its number and its id.
    pub fn knows(&self, vms: &[Vm]) {
        self.mount("GET", "/infrastructure/vms", list(vms));
        for vm in vms {
            self.mount("GET", &format!("/infrastructure/vms/{}", vm.vmid), one(vm));
            self.mount("GET", &format!("/infrastructure/vms/{}", vm.id), one(vm));
        }
    }

    /// Answers an action on a guest.
    pub fn on(&self, action: PowerAction, vm: &Vm, template: ResponseTemplate) {
        self.mount("POST", &format!("/infrastructure/vms/{}/{action}", vm.id), template);
    }

    /// Accepts an action on a guest; its task ends as `ended`.
    pub fn accepts(&self, vm: &Vm, ended: &Task) {
        let running = Task { status: TaskStatus::Running, exit_status: None, finished_at: None, ..ended.clone() };
        self.on(ended.action, vm, accepted(&running));
        self.mount_times("GET", &format!("/tasks/{}", ended.id), one(&running), 1);
        self.mount("GET", &format!("/tasks/{}", ended.id), one(ended));
    }

    /// The requests so far, as "POST /infrastructure/vms/…/start".
    pub fn requests(&self) -> Vec<String> {
        let requests = self.runtime.block_on(self.server.received_requests()).unwrap();
        requests.iter().map(|request| format!("{} {}", request.method, request.url.path())).collect()
    }

    /// The queries of the requests so far.
    pub fn queries(&self) -> Vec<String> {
        let requests = self.runtime.block_on(self.server.received_requests()).unwrap();
        requests.iter().map(|request| request.url.query().unwrap_or_default().to_owned()).collect()
    }

    /// A header of the requests that had it.
    pub fn headers(&self, name: &str) -> Vec<String> {
        let requests = self.runtime.block_on(self.server.received_requests()).unwrap();
        let values = requests.iter().filter_map(|request| request.headers.get(name));
        values.map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    /// The bodies of the requests with this method.
    pub fn bodies(&self, verb: &str) -> Vec<String> {
        let requests = self.runtime.block_on(self.server.received_requests()).unwrap();
        let those = requests.into_iter().filter(|request| request.method.as_str() == verb);
        those.map(|request| String::from_utf8(request.body).unwrap()).collect()
    }

    /// How many actions were sent.
    pub fn posts(&self) -> usize {
        self.requests().iter().filter(|request| request.starts_with("POST")).count()
    }
}

/// A time that is not long ago.
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

/// A fixed time, for what is compared in full.
pub fn then() -> DateTime<Utc> {
    "2026-03-15T10:30:00Z".parse().unwrap()
}

/// An id that ends in a number.
pub fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x019a_af00_0000_7000_8000_0000_0000_0000 + number)
}

pub fn envelope<T: Serialize + Clone>(data: &T) -> Envelope<T> {
    Envelope { data: data.clone(), meta: Meta { timestamp: then(), freshness: None } }
}

pub fn one<T: Serialize + Clone>(data: &T) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(envelope(data))
}

/// What a power action answers.
pub fn accepted(task: &Task) -> ResponseTemplate {
    ResponseTemplate::new(202).set_body_json(envelope(task))
}

pub fn list<T: Serialize + Clone>(data: &[T]) -> ResponseTemplate {
    list_with(data, data.len() as u64, None)
}

pub fn list_with<T: Serialize + Clone>(data: &[T], total: u64, freshness: Option<Freshness>) -> ResponseTemplate {
    let meta = ListMeta { total, page: 1, per_page: 1000, next_cursor: None, timestamp: then(), freshness };
    ResponseTemplate::new(200).set_body_json(ListEnvelope { data: data.to_vec(), meta })
}

pub fn refuses(code: ErrorCode, message: &str) -> ResponseTemplate {
    refuses_with(ErrorBody {
        code,
        message: message.to_owned(),
        details: Vec::new(),
        request_id: Some("req-1".to_owned()),
        upstream: None,
    })
}

pub fn refuses_with(error: ErrorBody) -> ResponseTemplate {
    ResponseTemplate::new(error.code.status()).set_body_json(ErrorEnvelope { error })
}

/// A running guest on pve1.
pub fn vm(vmid: i32, name: &str) -> Vm {
    Vm {
        id: VmId(id(vmid as u128)),
        connection_id: ConnectionId(id(1)),
        connection: "default".to_owned(),
        node_id: NodeId(id(2)),
        node: "pve1".to_owned(),
        vmid,
        name: name.to_owned(),
        status: VmStatus::Running,
        status_detail: None,
        kind: VmType::Qemu,
        cpu_cores: 2.0,
        memory_mb: 4096,
        disk_gb: 32.0,
        ip_address: Some("10.0.0.11".to_owned()),
        agent: None,
        os_type: Some("l26".to_owned()),
        tags: vec!["prod".to_owned(), "web".to_owned()],
        template: false,
        locked: None,
        config: None,
        gone_at: None,
        created_at: then(),
        updated_at: then(),
        usage: Usage {
            cpu_usage: Some(12.345),
            memory_usage: Some(37.5),
            disk_usage: None,
            network_in: Some(1_572_864.0),
            network_out: Some(2048.0),
            uptime_seconds: Some(273_600),
            memory_used_mb: Some(1536),
            memory_source: Some(MemorySource::Balloon),
            disk_used_gb: None,
            observed_at: Some(then()),
            stale: false,
        },
    }
}

/// A guest that is off.
pub fn stopped(vmid: i32, name: &str) -> Vm {
    Vm { status: VmStatus::Stopped, usage: Usage::default(), ..vm(vmid, name) }
}

pub fn node(number: u128, hostname: &str) -> Node {
    Node {
        id: NodeId(id(number)),
        connection_id: ConnectionId(id(1)),
        connection: "default".to_owned(),
        hostname: hostname.to_owned(),
        ip_address: Some("10.0.0.2".to_owned()),
        provider: Provider::Proxmox,
        status: NodeStatus::Online,
        cpu_cores: 16,
        memory_total_mb: 65_536,
        disk_total_gb: 94,
        proxmox_node_name: hostname.to_owned(),
        metadata: serde_json::json!({}),
        last_seen_at: Some(then()),
        gone_at: None,
        created_at: then(),
        updated_at: then(),
        usage: Usage {
            cpu_usage: Some(3.2),
            memory_usage: Some(50.0),
            disk_usage: Some(25.5),
            uptime_seconds: Some(7_500),
            memory_used_mb: Some(32_768),
            disk_used_gb: Some(24.0),
            observed_at: Some(then()),
            ..Usage::default()
        },
    }
}

/// A task that succeeded after 1.8 seconds.
pub fn task(action: PowerAction, vm: &Vm) -> Task {
    Task {
        id: TaskId(id(9000 + vm.vmid as u128)),
        upid: Some(format!("UPID:pve1:000F:0001:65F4:qm{action}:{}:nexops@pve!nexops:", vm.vmid)),
        action,
        vm_id: vm.id,
        vmid: vm.vmid,
        node: "pve1".to_owned(),
        connection_id: ConnectionId(id(1)),
        status: TaskStatus::Succeeded,
        exit_status: Some("OK".to_owned()),
        progress: None,
        actor: "ann".to_owned(),
        started_at: then(),
        finished_at: Some(then() + TimeDelta::milliseconds(1800)),
    }
}

/// The same, failed.
pub fn failed_task(action: PowerAction, vm: &Vm) -> Task {
    Task {
        status: TaskStatus::Failed,
        exit_status: Some("start failed: QEMU exited with code 1".to_owned()),
        ..task(action, vm)
    }
}

/// The same, still running.
pub fn running_task(action: PowerAction, vm: &Vm) -> Task {
    Task { status: TaskStatus::Running, exit_status: None, finished_at: None, ..task(action, vm) }
}

pub fn system(connections: Vec<ConnectionHealth>) -> System {
    System {
        version: "0.1.0".to_owned(),
        daemon: "nexops-1, process 812, 127.0.0.1:8000".to_owned(),
        started_at: then(),
        uptime_seconds: 273_600,
        demo: false,
        collect_interval_seconds: 30,
        connections,
        jobs: Vec::new(),
        storage: Storage {
            postgres_version: "16.4".to_owned(),
            postgres_private: true,
            database_bytes: 52_428_800,
            samples_bytes: 20_971_520,
            rollups_bytes: 4_194_304,
            samples_estimate: 100_000,
        },
    }
}

pub fn connection(name: &str) -> ConnectionHealth {
    ConnectionHealth {
        id: ConnectionId(id(1)),
        name: name.to_owned(),
        hosts: vec!["10.0.0.2:8006".to_owned()],
        status: ConnectionStatus::Ok,
        cluster: Some("homelab".to_owned()),
        pve_version: Some("9.0.3".to_owned()),
        quorate: Some(true),
        nodes: 2,
        vms: 3,
        last_success_at: Some(then()),
        lag_seconds: Some(12),
        last_error: None,
        warning: None,
    }
}
