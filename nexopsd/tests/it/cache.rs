//! The cache: the same in the process and in Redis, never the source of truth, and no burden when Redis is not there.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use nexops_core::vm::{PowerAction, VmStatus};
use nexopsd::cache::{Cache, Counts, Key};
use rstest::rstest;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::support::answer::Answer;
use crate::support::daemon::{Daemon, Wishes, quick_cluster};
use crate::support::wait_until;

const LONG: Duration = Duration::from_secs(60);

/// Where a cache is kept.
#[derive(Debug, Clone, Copy)]
enum Place {
    Process,
    Redis,
}

/// The Redis that `make test` starts.
fn test_redis() -> SecretString {
    let url = std::env::var("TEST_REDIS_URL");
    url.expect("TEST_REDIS_URL names no Redis: run the tests with `make test`, which starts one").into()
}

/// A cache that is ready: the connection to Redis comes about beside the first questions.
async fn cache(place: Place) -> Cache {
    match place {
        Place::Process => Cache::new(None).unwrap(),
        Place::Redis => {
            let cache = Cache::new(Some(&test_redis())).unwrap();
            ready(&cache).await;
            cache
        }
    }
}

async fn ready(cache: &Cache) {
    let key = || Key::of("test", &("ready", uuid::Uuid::now_v7()));
    wait_until("the cache answers", async || {
        let errors = cache.counts().errors;
        cache.get(&key()).await.is_none() && cache.counts().errors == errors
    })
    .await;
}

/// A key that no other test has.
fn key(name: &str) -> Key {
    Key::of("test", &(name, uuid::Uuid::now_v7()))
}

fn bytes(text: &str) -> Arc<[u8]> {
    text.as_bytes().into()
}

#[rstest]
#[case(Place::Process)]
#[case(Place::Redis)]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_given_again_under_its_key_and_under_no_other(#[case] place: Place) {
    let cache = cache(place).await;
    let (one, other) = (key("one"), key("other"));
    assert_eq!(cache.get(&one).await, None);
    cache.put(one.clone(), bytes("a\0b\nc"), LONG).await;
    assert_eq!((cache.get(&one).await, cache.get(&other).await), (Some(bytes("a\0b\nc")), None));
    cache.put(one.clone(), bytes("new"), LONG).await;
    assert_eq!(cache.get(&one).await, Some(bytes("new")));
}

#[rstest]
#[case(Place::Process)]
#[case(Place::Redis)]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_goes_when_its_time_is_over(#[case] place: Place) {
    let cache = cache(place).await;
    let (brief, long) = (key("brief"), key("long"));
    cache.put(long.clone(), bytes("x"), LONG).await;
    cache.put(brief.clone(), bytes("x"), Duration::from_millis(20)).await;
    wait_until("it is gone", async || cache.get(&brief).await.is_none()).await;
    assert_eq!(cache.get(&long).await, Some(bytes("x")));
}

#[rstest]
#[case(Place::Process)]
#[case(Place::Redis)]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_very_large_or_has_no_time_is_not_kept(#[case] place: Place) {
    let cache = cache(place).await;
    let (large, instant, fitting) = (key("large"), key("instant"), key("fitting"));
    cache.put(large.clone(), vec![7; (4 << 20) + 1].into(), LONG).await;
    cache.put(instant.clone(), bytes("x"), Duration::ZERO).await;
    cache.put(fitting.clone(), vec![7; 1 << 20].into(), LONG).await;
    assert_eq!((cache.get(&large).await, cache.get(&instant).await), (None, None));
    assert_eq!(cache.get(&fitting).await.map(|kept| kept.len()), Some(1 << 20));
}

#[test]
fn a_key_depends_on_everything_that_is_given() {
    let base = Key::of("vms", &(1, "a"));
    assert_eq!(base, Key::of("vms", &(1, "a")));
    for other in [Key::of("vms", &(2, "a")), Key::of("vms", &(1, "b")), Key::of("nodes", &(1, "a"))] {
        assert_ne!(base, other);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_share_redis_share_what_is_kept() {
    let (one, other) = (cache(Place::Redis).await, cache(Place::Redis).await);
    let key = key("shared");
    one.put(key.clone(), bytes("x"), LONG).await;
    assert_eq!(other.get(&key).await, Some(bytes("x")));
}

/// A Redis of the test's own, on a port of its own.
struct Redis {
    port: u16,
    server: Child,
}

impl Redis {
    async fn on(port: u16) -> Self {
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        let server = command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
        let url = SecretString::from(format!("redis://127.0.0.1:{port}"));
        wait_until("Redis answers", async || nexopsd::cache::ping(&url).await.is_ok()).await;
        Self { port, server }
    }

    fn signal(&self, signal: &str) {
        let process = self.server.id().unwrap().to_string();
        let sent = std::process::Command::new("kill").args([signal, &process]).status().unwrap();
        assert!(sent.success());
    }
}

/// A port that was free a moment ago.
async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

async fn with_redis(port: u16) -> Daemon {
    let url = format!("redis://127.0.0.1:{port}");
    Wishes::default().cluster("default", quick_cluster()).variable("REDIS_URL", &url).start().await
}

/// The names and states that the list shows, asked for twice so that the second answer may come from the cache.
async fn list(daemon: &Daemon) -> Vec<(i32, VmStatus)> {
    let first: Vec<_> = daemon.vms().await.into_iter().map(|vm| (vm.vmid, vm.status)).collect();
    let second: Vec<_> = daemon.vms().await.into_iter().map(|vm| (vm.vmid, vm.status)).collect();
    assert_eq!(first, second);
    first
}

fn hits(daemon: &Daemon) -> u64 {
    daemon.app.cache.counts().hits
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_stay_right_while_redis_is_killed_and_comes_back() {
    let redis = Redis::on(free_port().await).await;
    let port = redis.port;
    let daemon = with_redis(port).await;
    wait_until("lists come from Redis", async || list(&daemon).await.len() == 24 && hits(&daemon) > 0).await;

    redis.signal("-KILL");
    drop(redis);
    let task = daemon.act(101, PowerAction::Stop).await;
    daemon.end_of(task.id).await;
    assert!(list(&daemon).await.contains(&(101, VmStatus::Stopped)));

    let _redis = Redis::on(port).await;
    let before = hits(&daemon);
    wait_until("lists come from Redis again", async || {
        assert!(list(&daemon).await.contains(&(101, VmStatus::Stopped)));
        hits(&daemon) > before
    })
    .await;
    let task = daemon.act(101, PowerAction::Start).await;
    daemon.end_of(task.id).await;
    assert!(list(&daemon).await.contains(&(101, VmStatus::Running)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_hangs_is_noticed_once_and_then_left_alone() {
    let redis = Redis::on(free_port().await).await;
    let daemon = with_redis(redis.port).await;
    wait_until("lists come from Redis", async || list(&daemon).await.len() == 24 && hits(&daemon) > 0).await;
    redis.signal("-STOP");
    for _ in 0..50 {
        assert_eq!(daemon.vms().await.len(), 24);
    }
    let Counts { errors, .. } = daemon.app.cache.counts();
    assert!(errors >= 50, "{errors}");
    redis.signal("-CONT");
    let before = hits(&daemon);
    wait_until("lists come from Redis again", async || list(&daemon).await.len() == 24 && hits(&daemon) > before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_was_never_there_harms_nothing() {
    let daemon = with_redis(free_port().await).await;
    assert_eq!(list(&daemon).await.len(), 24);
    assert_eq!(hits(&daemon), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_given_again_until_anything_in_it_changes_whoever_changes_it() {
    let daemon = Daemon::new().await;
    daemon.collect().await;
    let ask = async || {
        let before = hits(&daemon);
        let list = Answer::at(&daemon, "/api/v1/infrastructure/vms?per_page=100&sort=name").await;
        (list, hits(&daemon) > before)
    };
    ask().await;
    let (again, from_cache) = ask().await;
    assert!(from_cache);
    for statement in [
        "UPDATE vms SET name = 'renamed' WHERE vmid = 101",
        "UPDATE nodes SET hostname = 'elsewhere' WHERE hostname = 'pve1'",
        "UPDATE metric_latest SET cpu_usage = 99.5",
        "UPDATE proxmox_connections SET last_success_at = last_success_at + interval '1 s'",
        "DELETE FROM metric_latest",
    ] {
        daemon.database.execute(statement).await;
        let (answer, from_cache) = ask().await;
        assert!(!from_cache, "{statement}");
        assert_ne!(answer.header("etag"), again.header("etag"), "{statement}");
        let (same, from_cache) = ask().await;
        assert!(from_cache, "{statement}");
        assert_eq!(
            (same.header("etag"), same.json()["data"].clone()),
            (answer.header("etag"), answer.json()["data"].clone())
        );
    }
    // Other pages and filters are other answers.
    let other = Answer::at(&daemon, "/api/v1/infrastructure/vms?per_page=100&sort=-name").await;
    assert_ne!(other.json()["data"][0]["vmid"], again.json()["data"][0]["vmid"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_not_committed_is_not_seen_and_one_that_is_never_missed() {
    use diesel_async::SimpleAsyncConnection;
    let daemon = Daemon::new().await;
    let name = async || {
        let _first = daemon.vms().await;
        daemon.vms().await.into_iter().find(|vm| vm.vmid == 101).unwrap().name
    };
    let before = name().await;
    let mut other = daemon.database.connect().await;
    other.batch_execute("BEGIN; UPDATE vms SET name = 'later' WHERE vmid = 101").await.unwrap();
    assert_eq!(name().await, before);
    other.batch_execute("COMMIT").await.unwrap();
    assert_eq!(name().await, "later");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_grows_stale_is_not_given_again_as_fresh() {
    let daemon = Wishes::default()
        .cluster("default", quick_cluster())
        .variable("NEXOPS_METRICS_INTERVAL", "5s")
        .variable("NEXOPS_SYNC_INTERVAL", "1h")
        .start()
        .await;
    daemon.cluster().inject(pve_sim::Fault::new("/cluster/resources", pve_sim::FaultKind::Hang));
    wait_until("the figures of every running guest are stale", async || {
        daemon.vms().await.iter().filter(|vm| vm.status == VmStatus::Running).all(|vm| vm.usage.stale)
    })
    .await;
}
