//! The daemon's account of itself.

use nexops_core::error::ErrorCode;
use nexops_core::system::ConnectionStatus;
use pve_sim::{Fault, FaultKind};

use crate::support::daemon::{Daemon, Wishes, quick_cluster};

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_works_says_so() {
    let daemon = Daemon::new().await;
    let system = daemon.client.system().await.unwrap().data;
    assert_eq!(system.version, env!("CARGO_PKG_VERSION"));
    assert!(system.uptime_seconds >= 0 && !system.demo);
    let [connection] = system.connections.as_slice() else { panic!("{system:?}") };
    assert_eq!((connection.name.as_str(), connection.status), ("default", ConnectionStatus::Ok));
    assert_eq!((connection.nodes, connection.vms), (3, 24));
    assert_eq!(connection.cluster.as_deref(), Some("homelab"));
    assert_eq!(connection.quorate, Some(true));
    assert!(connection.pve_version.is_some() && connection.lag_seconds.is_some_and(|lag| lag >= 0), "{connection:?}");
    assert_eq!(connection.hosts, [daemon.simulators[0].address().to_string()]);
    assert_eq!((&connection.last_error, &connection.warning), (&None, &None));
    for name in ["collect", "follow", "sync"] {
        let job = system.jobs.iter().find(|job| job.name.contains(name)).unwrap_or_else(|| panic!("no {name}"));
        assert_eq!((job.connection.as_deref(), job.failures), (Some("default"), 0), "{job:?}");
    }
    assert!(system.jobs.iter().any(|job| job.connection.is_none()));
    let storage = system.storage;
    assert!(storage.database_bytes > 0 && storage.samples_bytes > 0 && !storage.postgres_private, "{storage:?}");
    assert!(storage.postgres_version.starts_with(|character: char| character.is_ascii_digit()), "{storage:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_fails_says_how_and_since_when_and_the_other_goes_on() {
    let daemon = Wishes::default().cluster("one", quick_cluster()).cluster("two", quick_cluster()).start().await;
    daemon.simulators[1].control().inject(Fault::new("/", FaultKind::Garbage));
    daemon.collect().await;
    let system = daemon.client.system().await.unwrap().data;
    let [one, two] = system.connections.as_slice() else { panic!("{system:?}") };
    assert_eq!((one.status, two.status), (ConnectionStatus::Ok, ConnectionStatus::Failing));
    let error = two.last_error.as_ref().unwrap();
    assert_eq!(error.code, ErrorCode::ProxmoxError);
    assert!(!error.message.is_empty() && error.since >= two.last_success_at.unwrap(), "{error:?}");
    assert_eq!((two.nodes, two.vms), (3, 24));

    daemon.simulators[1].control().clear_faults();
    daemon.collect().await;
    let system = daemon.client.system().await.unwrap().data;
    assert_eq!((system.connections[1].status, &system.connections[1].last_error), (ConnectionStatus::Ok, &None));
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_look_a_cluster_is_pending() {
    let daemon = Wishes::default().cluster("default", quick_cluster()).idle().start().await;
    let connection = daemon.client.system().await.unwrap().data.connections.swap_remove(0);
    assert_eq!(connection.status, ConnectionStatus::Pending);
    assert_eq!((connection.last_success_at, connection.lag_seconds, connection.pve_version), (None, None, None));
}
