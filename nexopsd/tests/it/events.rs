//! Events over HTTP: who listens hears everything once, whatever happens to daemons and database meanwhile.

use nexops_core::client::events::{EventStream, News};
use nexops_core::error::ErrorCode;
use nexops_core::event::{Change, Collection, Event, EventQuery, EventType};
use nexops_core::id::ConnectionId;
use nexops_core::vm::PowerAction;
use nexopsd::app::now;
use nexopsd::db::event;
use nexopsd::events::{News as Inside, Reader, Reason};
use rstest::rstest;

use crate::support::answer::Answer;
use crate::support::daemon::{Daemon, Wishes, quick_cluster};
use crate::support::{PATIENCE, wait_until};

/// A daemon that watches nothing, so that nothing happens but what the test does.
async fn quiet() -> Daemon {
    Wishes::default().start().await
}

async fn happen(daemon: &Daemon, numbers: std::ops::Range<u64>) {
    let conn = &mut daemon.database.connect().await;
    for number in numbers {
        let collection = Collection { connection_id: ConnectionId::new(), observed_at: now(), sources: number };
        event::record(conn, &[Change::Metrics(collection)], now()).await.unwrap();
    }
}

async fn follow(daemon: &Daemon, after: Option<i64>) -> EventStream {
    daemon.client.events(&EventQuery::default(), after).await.unwrap()
}

async fn next(stream: &mut EventStream) -> News {
    tokio::time::timeout(PATIENCE, stream.next()).await.expect("something is told").unwrap()
}

async fn next_event(stream: &mut EventStream) -> Event {
    match next(stream).await {
        News::Event(event) => *event,
        other => panic!("{other:?} was told"),
    }
}

async fn next_number(stream: &mut EventStream) -> u64 {
    match next_event(stream).await.change {
        Change::Metrics(collection) => collection.sources,
        other => panic!("{other:?} was told"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_listens_hears_of_an_action_from_its_beginning_to_the_guest_afterwards() {
    let daemon = Daemon::new().await;
    let query = EventQuery { types: vec![EventType::Task, EventType::Vm] };
    let mut stream = daemon.client.events(&query, None).await.unwrap();
    let task = daemon.act(101, PowerAction::Stop).await;
    let (mut tasks, mut guest) = (Vec::new(), None);
    while tasks.last().is_none_or(|task: &nexops_core::task::Task| task.finished_at.is_none()) {
        match next_event(&mut stream).await.change {
            Change::Task(told) => tasks.push(*told),
            Change::Vm(vm) => guest = Some(*vm),
            other => panic!("{other:?} was not asked for"),
        }
    }
    assert!(tasks.iter().all(|told| told.id == task.id));
    assert_eq!(tasks.last(), Some(&daemon.end_of(task.id).await));
    let given = daemon.vm(101).await;
    assert_eq!(guest, Some(nexops_core::vm::Vm { config: None, ..given }));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_hears_what_happened_meanwhile_and_nothing_twice() {
    let daemon = quiet().await;
    let mut stream = follow(&daemon, None).await;
    happen(&daemon, 0..3).await;
    for number in 0..3 {
        assert_eq!(next_number(&mut stream).await, number);
    }
    let last = stream.last();
    drop(stream);
    // More than is read from the database at a time.
    happen(&daemon, 3..450).await;
    let mut stream = follow(&daemon, last).await;
    for number in 3..450 {
        assert_eq!(next_number(&mut stream).await, number);
    }
    happen(&daemon, 450..460).await;
    for number in 450..460 {
        assert_eq!(next_number(&mut stream).await, number);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_heard_of_nothing_yet_knows_all_the_same_where_to_go_on() {
    let daemon = quiet().await;
    happen(&daemon, 0..1).await;
    let mut stream = follow(&daemon, None).await;
    wait_until("the place is known", async || {
        // The first beat tells it, without any event.
        let _quiet = tokio::time::timeout(std::time::Duration::from_millis(20), stream.next()).await;
        stream.last().is_some()
    })
    .await;
    let last = stream.last();
    drop(stream);
    happen(&daemon, 1..2).await;
    assert_eq!(next_number(&mut follow(&daemon, last).await).await, 1);
}

#[rstest]
#[case::older_than_what_is_kept(1)]
#[case::of_another_database(1_000_000)]
#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_told_everything_is_told_to_look_anew_and_then_goes_on(#[case] after: i64) {
    let daemon = quiet().await;
    happen(&daemon, 0..10).await;
    daemon.database.execute("DELETE FROM events WHERE id < 6").await;
    let mut stream = follow(&daemon, Some(after)).await;
    assert_eq!(next(&mut stream).await, News::Reset);
    assert_eq!(stream.last(), Some(10));
    happen(&daemon, 10..11).await;
    assert_eq!(next_number(&mut stream).await, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_too_slow_is_told_so_and_goes_on_with_the_present() {
    let daemon = quiet().await;
    let seat = daemon.app.events.take_seat().unwrap();
    let mut reader = Reader::new(std::sync::Arc::clone(&daemon.app), seat, None).await.unwrap();
    let many = "INSERT INTO events (type, at, data) SELECT 'metrics', now(), '{}' FROM generate_series(1, 3000)";
    daemon.database.execute(many).await;
    wait_until("all are passed on", async || daemon.app.events.passed_on() == 3000).await;
    let Inside::Reset { id, reason } = reader.next().await.unwrap() else { panic!("no reset") };
    assert_eq!((id, reason), (3000, Reason::TooSlow));
    happen(&daemon, 0..1).await;
    let Inside::Event(event) = reader.next().await.unwrap() else { panic!("no event") };
    assert_eq!(event.id, 3001);
    assert_eq!(daemon.app.events.resets(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_too_much_changed_at_once_everybody_is_told_to_look_anew() {
    let daemon = quiet().await;
    let mut stream = follow(&daemon, None).await;
    let collection = Collection { connection_id: ConnectionId::new(), observed_at: now(), sources: 1 };
    let changes = vec![Change::Metrics(collection); 600];
    event::record(&mut daemon.database.connect().await, &changes, now()).await.unwrap();
    assert_eq!(next(&mut stream).await, News::Reset);
    happen(&daemon, 7..8).await;
    assert_eq!(next_number(&mut stream).await, 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_daemon_on_the_database_tells_of_everything() {
    let one = quiet().await;
    let other = Wishes::default().start_on(std::sync::Arc::clone(&one.database)).await;
    let mut streams = [follow(&one, None).await, follow(&other, None).await];
    happen(&one, 0..20).await;
    for stream in &mut streams {
        for number in 0..20 {
            assert_eq!(next_number(stream).await, number);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_listens_while_the_database_is_away_hears_what_comes_after() {
    let daemon = quiet().await;
    let mut stream = follow(&daemon, None).await;
    happen(&daemon, 0..1).await;
    assert_eq!(next_number(&mut stream).await, 0);
    daemon.database.refuse().await;
    let refused = daemon.client.events(&EventQuery::default(), None).await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::DatabaseUnavailable));
    daemon.database.admit().await;
    happen(&daemon, 1..5).await;
    for number in 1..5 {
        assert_eq!(next_number(&mut stream).await, number);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_stopped_ends_its_streams_instead_of_waiting_for_the_readers() {
    let daemon = quiet().await;
    let mut stream = follow(&daemon, None).await;
    let stopped = tokio::spawn(daemon.stop());
    assert_eq!(next(&mut stream).await, News::Ended);
    // What comes next is another connection, and nobody is there.
    assert!(tokio::time::timeout(PATIENCE, stream.next()).await.unwrap().is_err());
    stopped.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn more_readers_than_there_are_seats_are_refused_until_one_gets_up() {
    let daemon = quiet().await;
    let mut seats = Vec::new();
    while let Ok(seat) = daemon.app.events.take_seat() {
        seats.push(seat);
    }
    assert_eq!((seats.len(), daemon.app.events.readers()), (256, 256));
    let answer = Answer::at(&daemon, "/api/v1/events").await;
    assert_eq!((answer.status, answer.code().as_str(), answer.header("retry-after")), (503, "TOO_MANY_READERS", "5"));
    seats.pop();
    let stream = follow(&daemon, None).await;
    assert_eq!(daemon.app.events.readers(), 256);
    // Who hangs up gives the seat free.
    drop(stream);
    wait_until("the seat is free", async || daemon.app.events.readers() == 255).await;
}

#[rstest]
#[case::no_number("x")]
#[case::negative("-1")]
#[case::too_large("9223372036854775808")]
#[tokio::test(flavor = "multi_thread")]
async fn a_last_event_that_is_none_is_refused_by_its_name(#[case] given: &str) {
    let daemon = quiet().await;
    let request = daemon.raw().get(format!("{}/api/v1/events", daemon.url)).header("last-event-id", given);
    let answer = Answer::to(request).await;
    assert_eq!((answer.status, answer.fields()), (400, vec!["Last-Event-ID".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_type_is_refused_with_the_known_ones() {
    let daemon = quiet().await;
    let answer = Answer::at(&daemon, "/api/v1/events?type=vm&type=vms").await;
    assert_eq!((answer.status, answer.fields()), (400, vec!["type".to_owned()]));
    assert!(answer.text.contains("metrics"), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_travels_is_what_browsers_understand() {
    let daemon = Wishes::default().cluster("default", quick_cluster()).start().await;
    let request = daemon.raw().get(format!("{}/api/v1/events?type=metrics", daemon.url)).header("last-event-id", "0");
    let mut response = request.send().await.unwrap();
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/event-stream");
    assert_eq!((header("cache-control").as_str(), header("x-accel-buffering").as_str()), ("no-cache", "no"));
    let mut text = String::new();
    while !text.contains("event: metrics") || !text.ends_with("\n\n") {
        text.push_str(std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap());
    }
    let (beat, event) = text.split_once("\n\n").unwrap();
    assert_eq!(beat.lines().collect::<Vec<_>>(), [": ", "retry: 2000", "id: 0"], "{text}");
    let lines: Vec<&str> = event.trim_end().lines().take(3).collect();
    assert!(lines[0].starts_with("id: ") && lines[1] == "event: metrics" && lines[2].starts_with("data: {"), "{text}");
}
