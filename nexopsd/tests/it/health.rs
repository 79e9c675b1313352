//! Whether the daemon lives and is ready, and how it gets over a database that goes away.

use crate::support::answer::Answer;
use crate::support::daemon::{Daemon, Wishes, quick_cluster};
use crate::support::wait_until;

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_is_ready_once_it_has_looked_at_every_cluster() {
    let daemon = Wishes::default().cluster("one", quick_cluster()).cluster("two", quick_cluster()).idle().start().await;
    assert_eq!(Answer::at(&daemon, "/healthz").await.status, 200);
    let early = Answer::at(&daemon, "/readyz").await;
    assert_eq!((early.status, early.code().as_str(), early.header("retry-after")), (503, "NOT_READY", "5"));
    nexopsd::jobs::start(&daemon.app);
    wait_until("the daemon is ready", async || Answer::at(&daemon, "/readyz").await.status == 200).await;
    assert_eq!(Answer::at(&daemon, "/readyz").await.json()["data"]["connections"], 2);
    daemon.app.shutdown.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_without_clusters_is_ready_at_once() {
    let daemon = Wishes::default().idle().start().await;
    assert_eq!(Answer::at(&daemon, "/readyz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_the_daemon_lives_and_then_recovers_by_itself() {
    let daemon = Daemon::new().await;
    daemon.database.refuse().await;
    for path in ["/readyz", "/api/v1/infrastructure/vms", "/api/v1/system"] {
        let answer = Answer::at(&daemon, path).await;
        assert_eq!((answer.status, answer.code().as_str()), (503, "DATABASE_UNAVAILABLE"), "{path}: {}", answer.text);
        assert!(!answer.header("retry-after").is_empty(), "{path}");
    }
    assert_eq!(Answer::at(&daemon, "/healthz").await.status, 200);
    daemon.collect().await;

    daemon.database.admit().await;
    wait_until("the daemon is ready again", async || Answer::at(&daemon, "/readyz").await.status == 200).await;
    daemon.collect().await;
    assert_eq!(daemon.vms().await.len(), 24);
    let job = daemon.connection().collect.health();
    assert!(job.failures >= 1 && job.last_error.is_none(), "{job:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_were_cut_do_not_reach_a_caller() {
    let daemon = Daemon::new().await;
    daemon.vms().await;
    daemon.database.refuse().await;
    daemon.database.admit().await;
    for _ in 0..20 {
        let answer = Answer::at(&daemon, "/api/v1/infrastructure/vms").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}
