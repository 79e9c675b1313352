//! The real program: where it lives, how it is started, and how it is told to end.

use std::fs::{self, File, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use nexops_core::client::Client;
use nexops_core::metric::SeriesQuery;
use nexops_core::profile::Profile;
use nexops_core::vm::{ListVms, Vm};
use pve_sim::Simulator;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tempfile::TempDir;

use super::wait_for;

/// Making a database cluster takes seconds on a busy machine.
pub const LONG: Duration = Duration::from_secs(90);

/// A directory that the account of the private PostgreSQL may pass. Its server ends with it.
pub struct Home(TempDir);

impl Home {
    pub fn new() -> Self {
        let directory = tempfile::Builder::new().prefix("nexops-test-").tempdir_in("/var/tmp").unwrap();
        fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
        Self(directory)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn log(&self) -> PathBuf {
        self.path().join("log")
    }

    /// The demo keeps its data beside those of the real thing.
    pub fn postmaster(&self) -> Option<Pid> {
        ["data-demo", "data"].iter().find_map(|name| {
            let file = self.path().join(name).join("postgres/data/postmaster.pid");
            let text = fs::read_to_string(file).ok()?;
            Pid::from_raw(text.lines().next()?.trim().parse().ok()?)
        })
    }

    /// The program with nothing around it.
    pub fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nexopsd"));
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("NEXOPS_DATA_DIR", self.path().join("data"))
            .current_dir(self.path())
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str], environment: &[(&str, String)]) -> Output {
        let environment = environment.iter().map(|(key, value)| (key, value));
        self.program(arguments).envs(environment).output().unwrap()
    }

    /// The daemon, ready to answer.
    pub async fn serve(&self, arguments: &[&str], environment: &[(&str, String)]) -> Program {
        let port = free_port();
        let listen = format!("127.0.0.1:{port}");
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        let mut command = self.program(arguments);
        command.args(["--listen", &listen]).envs(environment.iter().map(|(key, value)| (key, value)));
        let process = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let url = format!("http://{listen}");
        let profile = Profile { url: url.clone(), token: None, actor: Some("ann".to_owned()) };
        let mut program = Program { process, client: Client::new(profile).unwrap(), log: self.log() };
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        wait_for(LONG, "the daemon is ready", async || {
            let ended = program.process.try_wait().unwrap();
            assert!(ended.is_none(), "the daemon ended with {ended:?}: {}", program.said());
            http.get(format!("{url}/readyz")).send().await.is_ok_and(|answer| answer.status().is_success())
        })
        .await;
        program
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(pid) = self.postmaster().filter(|pid| lives(*pid)) {
            let _ = kill_process(pid, Signal::QUIT);
        }
    }
}

/// A running daemon; it is killed with the value.
pub struct Program {
    pub process: Child,
    pub client: Client,
    pub log: PathBuf,
}

impl Program {
    pub fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub async fn vms(&self) -> Vec<Vm> {
        let all = ListVms { per_page: Some(1000), ..ListVms::default() };
        self.client.list_vms(&all).await.unwrap().data
    }

    /// Samples of a guest that the API gives.
    pub async fn points(&self, vm: &Vm) -> usize {
        let history = self.client.metric_series(vm.id.0, &SeriesQuery::default()).await.unwrap().data;
        history.series.iter().flat_map(|series| &series.points).filter(|point| point.avg.is_some()).count()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    pub async fn end(&mut self) -> ExitStatus {
        let mut status = None;
        wait_for(LONG, "the daemon ends", async || {
            status = self.process.try_wait().unwrap();
            status.is_some()
        })
        .await;
        status.unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A zombie that nobody has waited for yet counts as dead.
pub fn lives(pid: Pid) -> bool {
    let state = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    let is_zombie = state.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'));
    test_kill_process(pid).is_ok() && !is_zombie
}

pub fn proxmox(simulator: &Simulator) -> Vec<(&'static str, String)> {
    vec![
        ("PROXMOX_HOST", simulator.address().ip().to_string()),
        ("PROXMOX_PORT", simulator.address().port().to_string()),
        ("PROXMOX_USER", simulator.token().user.clone()),
        ("PROXMOX_TOKEN_NAME", simulator.token().name.clone()),
        ("PROXMOX_TOKEN_VALUE", simulator.token().secret.clone()),
        ("PROXMOX_FINGERPRINT", simulator.fingerprint().to_owned()),
    ]
}
