//! The real program: its processes, its exit codes, what it prints, and what it leaves behind.

use std::fs::{self, File, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use nexops_core::client::Client;
use nexops_core::metric::SeriesQuery;
use nexops_core::profile::Profile;
use nexops_core::task::TaskStatus;
use nexops_core::vm::{ListVms, Vm, VmStatus};
use pve_sim::{Simulator, State};
use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tempfile::TempDir;

use crate::support::daemon::quick_cluster;
use crate::support::database::TestDatabase;
use crate::support::wait_for;

/// Making a database cluster takes seconds on a busy machine.
const LONG: Duration = Duration::from_secs(90);

/// A directory that the account of the private PostgreSQL may pass. Its server ends with it.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        let directory = tempfile::Builder::new().prefix("nexops-test-").tempdir_in("/var/tmp").unwrap();
        fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
        Self(directory)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn log(&self) -> PathBuf {
        self.path().join("log")
    }

    /// The demo keeps its data beside those of the real thing.
    fn postmaster(&self) -> Option<Pid> {
        ["data-demo", "data"].iter().find_map(|name| {
            let file = self.path().join(name).join("postgres/data/postmaster.pid");
            let text = fs::read_to_string(file).ok()?;
            Pid::from_raw(text.lines().next()?.trim().parse().ok()?)
        })
    }

    /// The program with nothing around it.
    fn program(&self, arguments: &[&str]) -> Command {
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

    fn run(&self, arguments: &[&str], environment: &[(&str, String)]) -> Output {
        let environment = environment.iter().map(|(key, value)| (key, value));
        self.program(arguments).envs(environment).output().unwrap()
    }

    /// The daemon, ready to answer.
    async fn serve(&self, arguments: &[&str], environment: &[(&str, String)]) -> Program {
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
struct Program {
    process: Child,
    client: Client,
    log: PathBuf,
}

impl Program {
    fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    async fn vms(&self) -> Vec<Vm> {
        let all = ListVms { per_page: Some(1000), ..ListVms::default() };
        self.client.list_vms(&all).await.unwrap().data
    }

    /// Samples of a guest that the API gives.
    async fn points(&self, vm: &Vm) -> usize {
        let history = self.client.metric_series(vm.id.0, &SeriesQuery::default()).await.unwrap().data;
        history.series.iter().flat_map(|series| &series.points).filter(|point| point.avg.is_some()).count()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    async fn end(&mut self) -> ExitStatus {
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

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A zombie that nobody has waited for yet counts as dead.
fn lives(pid: Pid) -> bool {
    let state = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    let is_zombie = state.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'));
    test_kill_process(pid).is_ok() && !is_zombie
}

fn proxmox(simulator: &Simulator) -> Vec<(&'static str, String)> {
    vec![
        ("PROXMOX_HOST", simulator.address().ip().to_string()),
        ("PROXMOX_PORT", simulator.address().port().to_string()),
        ("PROXMOX_USER", simulator.token().user.clone()),
        ("PROXMOX_TOKEN_NAME", simulator.token().name.clone()),
        ("PROXMOX_TOKEN_VALUE", simulator.token().secret.clone()),
        ("PROXMOX_FINGERPRINT", simulator.fingerprint().to_owned()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_survives_a_kill_and_ends_when_told() {
    let home = Home::new();
    let mut program = home.serve(&["--demo"], &[]).await;
    let before = program.vms().await;
    assert_eq!(before.len(), 24);
    let vm = before.iter().find(|vm| vm.vmid == 101).unwrap().clone();
    assert_eq!(vm.status, VmStatus::Running);
    wait_for(LONG, "there are samples", async || program.points(&vm).await > 0).await;
    let points = program.points(&vm).await;
    let task = program.client.stop_vm(101).await.unwrap().data;
    let postmaster = home.postmaster().unwrap();
    program.signal(Signal::KILL);
    assert!(!program.end().await.success());
    assert!(lives(postmaster), "the private PostgreSQL is left behind by a kill");

    let mut program = home.serve(&["--demo"], &[]).await;
    assert!(!lives(postmaster), "the server that was left behind still runs");
    let after = program.vms().await;
    let ids = |vms: &[Vm]| vms.iter().map(|vm| (vm.vmid, vm.id)).collect::<Vec<_>>();
    assert_eq!(ids(&after), ids(&before));
    assert!(program.points(&vm).await >= points);
    // The simulated cluster is a new one, which has never heard of the task.
    wait_for(LONG, "the task ends", async || {
        program.client.find_task(task.id).await.unwrap().data.finished_at.is_some()
    })
    .await;
    assert_eq!(program.client.find_task(task.id).await.unwrap().data.status, TaskStatus::Unknown);

    let postmaster = home.postmaster().unwrap();
    program.signal(Signal::TERM);
    let status = program.end().await;
    assert_eq!(status.code(), Some(0), "{}", program.said());
    assert!(!lives(postmaster), "PostgreSQL outlives the daemon");
    assert_eq!(home.postmaster(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_ends_the_daemon_with_the_way_out() {
    let home = Home::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let output = home.run(&["--demo", "--listen", &listen], &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&listen) && said.contains("NEXOPS_LISTEN="), "{said}");
    assert!(!home.path().join("data-demo").exists(), "nothing is made for a daemon that cannot listen");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_daemon_on_the_same_data_is_refused_and_the_first_goes_on() {
    let home = Home::new();
    let program = home.serve(&["--demo"], &[]).await;
    let output = home.run(&["--demo", "--listen", &format!("127.0.0.1:{}", free_port())], &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("NEXOPS_DATA_DIR") && said.contains(&program.process.id().to_string()), "{said}");
    assert_eq!(program.vms().await.len(), 24);
}

/// What is wrong with the configuration that is checked.
#[derive(Debug, Clone, Copy)]
enum Flaw {
    None,
    WrongToken,
    WrongFingerprint,
    NoFingerprint,
    NoHost,
    NobodyThere,
}

#[rstest]
#[case(Flaw::None, 0, "ok      proxmox        Proxmox VE 9.")]
#[case(Flaw::WrongToken, 1, "does not accept the token 'nexops@pve!nexops'")]
#[case(Flaw::WrongFingerprint, 1, "is not the pinned one")]
#[case(Flaw::NoFingerprint, 1, "trust it with PROXMOX_FINGERPRINT=")]
#[case(Flaw::NoHost, 1, "no PROXMOX_HOST is set")]
#[case(Flaw::NobodyThere, 1, "no Proxmox host can be reached")]
#[tokio::test(flavor = "multi_thread")]
async fn check_says_what_is_well_and_what_is_not(#[case] flaw: Flaw, #[case] code: i32, #[case] line: &str) {
    let home = Home::new();
    let database = TestDatabase::new().await;
    let simulator = pve_sim::start(quick_cluster()).await.unwrap();
    let mut environment = proxmox(&simulator);
    let mut set = |key: &str, value: &str| {
        environment.iter_mut().filter(|(name, _)| *name == key).for_each(|(_, old)| value.clone_into(old));
    };
    match flaw {
        Flaw::None => {}
        Flaw::WrongToken => set("PROXMOX_TOKEN_VALUE", "00000000-0000-0000-0000-000000000000"),
        Flaw::WrongFingerprint => set("PROXMOX_FINGERPRINT", &["07"; 32].join(":")),
        Flaw::NoFingerprint => set("PROXMOX_FINGERPRINT", ""),
        Flaw::NoHost => environment.clear(),
        Flaw::NobodyThere => set("PROXMOX_PORT", &free_port().to_string()),
    }
    environment.push(("DATABASE_URL", database.url()));
    let output = tokio::task::spawn_blocking(move || home.run(&["check"], &environment)).await.unwrap();
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{said}{complained}");
    assert!(said.contains(line), "{said}");
    for subject in ["ok      configuration", "ok      database", "ok      redis"] {
        assert!(said.contains(subject), "{said}");
    }
    assert!(said.contains("its schema is up to date"), "{said}");
    assert_eq!(said.contains("FAILED"), code != 0, "{said}");
    assert!(!said.contains("12345678-1234") && !complained.contains("12345678-1234"), "the token's secret is shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_names_a_database_that_is_not_there_without_waiting_for_it() {
    let home = Home::new();
    let url = format!("postgresql://nobody@127.0.0.1:{}/none", free_port());
    let mut command = home.program(&["check"]);
    let log = File::create(home.log()).unwrap();
    let process = command.env("DATABASE_URL", url).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
    let profile = Profile { url: "http://127.0.0.1:1".to_owned(), token: None, actor: None };
    let mut program = Program { process, client: Client::new(profile).unwrap(), log: home.log() };
    let since = Instant::now();
    assert_eq!(program.end().await.code(), Some(1));
    assert!(since.elapsed() < Duration::from_secs(20), "{:?}", since.elapsed());
    let said = program.said();
    assert!(said.contains("FAILED  database") && said.contains("DATABASE_URL"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_brings_the_schema_up_to_date_once() {
    let home = Home::new();
    let database = TestDatabase::empty().await;
    let environment = [("DATABASE_URL", database.url())];
    let first = home.run(&["migrate"], &environment);
    let said = String::from_utf8_lossy(&first.stdout);
    assert_eq!(first.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&first.stderr));
    assert!(said.lines().count() >= 3 && said.lines().all(|line| line.starts_with("applied ")), "{said}");
    let second = home.run(&["migrate"], &environment);
    assert_eq!(second.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&second.stdout).trim(), "the database schema is up to date");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cluster_of_the_environment_is_listed_and_obeyed() {
    let home = Home::new();
    let database = TestDatabase::empty().await;
    let simulator = pve_sim::start(quick_cluster()).await.unwrap();
    let mut environment = proxmox(&simulator);
    environment.push(("DATABASE_URL", database.url()));
    let mut program = home.serve(&[], &environment).await;
    assert_eq!(program.vms().await.len(), 24);
    let task = program.client.start_vm(103).await.unwrap().data;
    wait_for(LONG, "the task ends", async || {
        program.client.find_task(task.id).await.unwrap().data.finished_at.is_some()
    })
    .await;
    assert_eq!(program.client.find_task(task.id).await.unwrap().data.status, TaskStatus::Succeeded);
    assert_eq!(simulator.control().guest(103).unwrap().state, State::Running);
    let vm = program.client.find_vm(103).await.unwrap().data;
    assert_eq!((vm.status, vm.connection.as_str()), (VmStatus::Running, "default"));
    program.signal(Signal::INT);
    assert_eq!(program.end().await.code(), Some(0), "{}", program.said());
    assert!(!program.said().contains(&simulator.token().secret), "the token's secret is logged");
    let path = home.path().join("data");
    assert!(!path.join("postgres").exists(), "with a DATABASE_URL there is no private server");
}
