//! A database that is there and does not do as asked: no place in the pool, a question that hangs, a full disk. Each ends
//! in time and is told, nothing that was measured is lost, and it mends itself.

use std::time::{Duration, Instant};

use diesel_async::SimpleAsyncConnection;
use nexops_core::error::ErrorCode;
use nexops_core::vm::ListVms;
use nexopsd::db::Conn;

use crate::support::daemon::Daemon;
use crate::support::program::LONG;
use crate::support::{wait_for, wait_until};

/// How soon a request ends that the database does not answer: a statement of ours may take 30 s.
const BOUND: Duration = Duration::from_secs(45);

async fn waiting(daemon: &Daemon) -> usize {
    daemon.connection().looking.lock().await.backlog.samples()
}

/// Whether a request ends in time, and says that it is the database.
async fn is_told(daemon: &Daemon) {
    let since = Instant::now();
    let error = daemon.client.list_vms(&ListVms::default()).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::DatabaseUnavailable), "{error}");
    assert!(since.elapsed() < BOUND, "{:?}", since.elapsed());
}

/// Whether everything is as before, with what was measured meanwhile.
async fn is_well_again(daemon: &Daemon) {
    wait_for(LONG, "what waited is written", async || {
        daemon.connection().collect.ring();
        waiting(daemon).await == 0
    })
    .await;
    wait_until("requests are answered", async || daemon.client.list_vms(&ListVms::default()).await.is_ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_no_place_in_the_pool_is_free_requests_end_in_time_and_figures_wait() {
    let daemon = Daemon::new().await;
    let mut taken: Vec<Conn> = Vec::new();
    while let Ok(Ok(conn)) = tokio::time::timeout(Duration::from_secs(2), daemon.app.db.get()).await {
        taken.push(conn);
    }
    assert!(!taken.is_empty());
    is_told(&daemon).await;
    let metrics = daemon.raw().get(format!("{}/metrics", daemon.url)).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("nexops_database_up 0"), "{metrics}");
    daemon.connection().collect.ring();
    wait_for(BOUND, "figures wait", async || waiting(&daemon).await > 0).await;
    drop(taken);
    is_well_again(&daemon).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_hangs_is_given_up_in_time_and_named() {
    let daemon = Daemon::new().await;
    // The first looks are over: they take turns with the one of which this is about.
    daemon.sync().await;
    daemon.collect().await;
    let mut other = daemon.database.connect().await;
    other.batch_execute("BEGIN; LOCK TABLE vms IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let collect = &daemon.connection().collect;
    collect.ring();
    let failed = wait_for(BOUND, "the collection fails", async || collect.health().last_error.is_some());
    futures::future::join(is_told(&daemon), failed).await;
    let error = collect.health().last_error.unwrap();
    assert!(error.contains("statement timeout"), "{error}");
    other.batch_execute("ROLLBACK").await.unwrap();
    is_well_again(&daemon).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_disk_is_full_what_is_known_is_shown_and_figures_wait() {
    let daemon = Daemon::new().await;
    // In PostgreSQL's own words, where it would need more space.
    let full = "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        RAISE 'could not extend file \"base/1/2\": No space left on device' USING ERRCODE = 'disk_full'; END $$; \
        CREATE TRIGGER full_disk BEFORE INSERT ON metric_samples FOR EACH STATEMENT EXECUTE FUNCTION full_disk()";
    daemon.database.connect().await.batch_execute(full).await.unwrap();
    wait_for(LONG, "figures wait", async || {
        daemon.run(&daemon.connection().collect).await;
        waiting(&daemon).await > 0
    })
    .await;
    let error = daemon.connection().collect.health().last_error.unwrap();
    assert!(error.contains("No space left on device"), "{error}");
    assert_eq!(daemon.vms().await.len(), 24);

    daemon.database.execute("DROP FUNCTION full_disk CASCADE").await;
    is_well_again(&daemon).await;
}
