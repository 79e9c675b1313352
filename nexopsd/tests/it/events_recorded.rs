//! Events in the database: what is written down of a change, and in which order it can be read.

use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use nexops_core::event::{Change, Collection, EventType};
use nexops_core::id::ConnectionId;
use nexops_core::task::Task;
use nexops_core::vm::{PowerAction, Vm, VmStatus};
use nexopsd::app::now;
use nexopsd::db::event::{self, Stored};
use pve_sim::State;

use crate::support::daemon::{Daemon, Wishes, quick_cluster};
use crate::support::database::TestDatabase;
use crate::support::wait_until;

/// A change that can be told from others by a number.
fn numbered(number: u64) -> Change {
    Change::Metrics(Collection { connection_id: ConnectionId::new(), observed_at: now(), sources: number })
}

fn number_of(event: &Stored) -> u64 {
    serde_json::from_str::<Collection>(&event.data).unwrap().sources
}

async fn all(conn: &mut AsyncPgConnection) -> Vec<Stored> {
    event::after(conn, 0, 10_000).await.unwrap()
}

/// The things of one type that were told of, oldest first.
async fn told<T: serde::de::DeserializeOwned>(daemon: &Daemon, event_type: EventType) -> Vec<T> {
    let events = all(&mut daemon.database.connect().await).await.into_iter();
    let of_type = events.filter(|event| event.kind == event_type.as_str());
    of_type.map(|event| serde_json::from_str(&event.data).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_asked_first_and_commits_last_gets_the_later_number() {
    let database = TestDatabase::new().await;
    let (mut slow, mut quick, mut reader) =
        (database.connect().await, database.connect().await, database.connect().await);
    slow.batch_execute("BEGIN").await.unwrap();
    event::record(&mut slow, &[numbered(1)], now()).await.unwrap();
    // Nobody waits for the transaction that has written but not committed.
    event::record(&mut quick, &[numbered(2)], now()).await.unwrap();
    let seen = all(&mut reader).await;
    assert_eq!(seen.iter().map(number_of).collect::<Vec<_>>(), [2]);
    slow.batch_execute("COMMIT").await.unwrap();
    let later = event::after(&mut reader, seen[0].id, 10).await.unwrap();
    assert_eq!(later.iter().map(number_of).collect::<Vec<_>>(), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_while_many_write_misses_nothing() {
    const WRITERS: u64 = 8;
    const EACH: u64 = 40;
    let database = TestDatabase::new().await;
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let mut conn = database.connect().await;
        writers.push(tokio::spawn(async move {
            for number in 0..EACH {
                let result = conn.transaction::<_, diesel::result::Error, _>(async |conn| {
                    let changes = [numbered(writer * 1000 + number), numbered(writer * 1000 + number + 500)];
                    event::record(conn, &changes, now()).await.unwrap();
                    // Some take longer than others, and some change their mind.
                    diesel::sql_query(format!("SELECT pg_sleep({})", ((writer + number) % 5) as f64 * 0.001))
                        .execute(conn)
                        .await?;
                    if number % 10 == 9 { Err(diesel::result::Error::RollbackTransaction) } else { Ok(()) }
                });
                assert_eq!(result.await.is_ok(), number % 10 != 9);
            }
        }));
    }
    let mut reader = database.connect().await;
    let (mut last, mut seen) = (0, Vec::new());
    let expected = usize::try_from(WRITERS * EACH / 10 * 9 * 2).unwrap();
    wait_until("every event was read", async || {
        for event in event::after(&mut reader, last, 7).await.unwrap() {
            last = event.id;
            seen.push(number_of(&event));
        }
        seen.len() >= expected
    })
    .await;
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(seen.len(), expected);
    assert_eq!(all(&mut reader).await.iter().map(number_of).collect::<Vec<_>>(), seen);
    // What one transaction told stands together, in its order.
    for pair in seen.chunks(2) {
        assert_eq!(pair[1], pair[0] + 500);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_changes_at_once_become_one_word() {
    let database = TestDatabase::new().await;
    let mut conn = database.connect().await;
    let changes: Vec<Change> = (0..2000).map(numbered).collect();
    event::record(&mut conn, &changes, now()).await.unwrap();
    let events = all(&mut conn).await;
    assert_eq!(events.iter().map(Stored::is_reset).collect::<Vec<_>>(), [true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_events_are_forgotten_but_never_the_last() {
    let database = TestDatabase::new().await;
    let mut conn = database.connect().await;
    for number in 0..5 {
        event::record(&mut conn, &[numbered(number)], now() - chrono::TimeDelta::hours(30)).await.unwrap();
    }
    event::record(&mut conn, &[numbered(5)], now()).await.unwrap();
    assert_eq!(event::forget(&mut conn, now()).await.unwrap(), 5);
    assert_eq!(event::forget(&mut conn, now() + chrono::TimeDelta::hours(48)).await.unwrap(), 0);
    let extent = event::extent(&mut conn).await.unwrap();
    assert_eq!((extent.complete_after, extent.last), (5, 6));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_tells_what_changed_as_the_api_gives_it_and_nothing_else() {
    let daemon = Daemon::new().await;
    // Even the first look, at which everything is new.
    assert_eq!(told::<Vm>(&daemon, EventType::Vm).await.len(), 24);
    let begin = event::extent(&mut daemon.database.connect().await).await.unwrap().last;
    daemon.cluster().set_guest_lock(101, Some("backup"));
    daemon.collect().await;
    let events = event::after(&mut daemon.database.connect().await, begin, 100).await.unwrap();
    let types: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(types, ["vm", "metrics"]);
    let mut given = daemon.vm(101).await;
    given.config = None;
    let told: Vm = serde_json::from_str(&events[0].data).unwrap();
    assert_eq!((told.locked.as_deref(), &told), (Some("backup"), &given));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_goes_offline_is_told_with_its_guests() {
    let daemon = Daemon::new().await;
    let begin = event::extent(&mut daemon.database.connect().await).await.unwrap().last;
    daemon.cluster().set_node_online("pve2", false);
    daemon.collect().await;
    let events = event::after(&mut daemon.database.connect().await, begin, 100).await.unwrap();
    let nodes: Vec<_> = events.iter().filter(|event| event.kind == "node").collect();
    assert_eq!(nodes.len(), 1, "{events:?}");
    assert!(nodes[0].data.contains("\"offline\""), "{}", nodes[0].data);
    let on_it = daemon.vms().await.into_iter().filter(|vm| vm.node == "pve2" && vm.status == VmStatus::Unknown).count();
    assert_eq!(events.iter().filter(|event| event.kind == "vm").count(), on_it);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_told_from_its_beginning_to_its_end_and_then_the_guest() {
    let daemon = Wishes::default().cluster("default", quick_cluster()).start().await;
    let task = daemon.act(101, PowerAction::Stop).await;
    let ended = daemon.end_of(task.id).await;
    let tasks = told::<Task>(&daemon, EventType::Task).await;
    assert!(tasks[0].upid.is_none(), "{tasks:?}");
    assert_eq!(tasks.iter().filter(|told| told.upid.is_some()).count(), tasks.len() - 1);
    assert_eq!(tasks.last(), Some(&ended));
    let vms = told::<Vm>(&daemon, EventType::Vm).await;
    assert!(vms.iter().any(|vm| vm.vmid == 101 && vm.status == VmStatus::Stopped));
    assert_eq!(daemon.cluster().guest(101).unwrap().state, State::Stopped);
}
