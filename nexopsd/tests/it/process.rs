//! The real program: its processes, its exit codes, what it prints, and what it leaves behind.

use std::fs::File;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use nexops_core::client::Client;
use nexops_core::profile::Profile;
use nexops_core::task::TaskStatus;
use nexops_core::vm::{Vm, VmStatus};
use pve_sim::State;
use rstest::rstest;
use rustix::process::Signal;

use crate::support::daemon::quick_cluster;
use crate::support::database::TestDatabase;
use crate::support::program::{Home, LONG, Program, free_port, lives, proxmox};
use crate::support::wait_for;

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
