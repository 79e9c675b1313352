//! Two daemons on one database: one does the work and the other stands by, whatever becomes of the first.

use std::time::{Duration, Instant};

use nexops_core::service::{CheckSettings, ServiceSettings};
use nexops_core::task::TaskStatus;
use nexops_core::vm::{UsageQuery, VmRef};
use pve_sim::Simulator;
use rstest::rstest;
use rustix::process::Signal;
use serde_json::json;
use wiremock::MockServer;

use crate::support::daemon::quick_cluster;
use crate::support::database::TestDatabase;
use crate::support::program::{Home, LONG, Program, proxmox};
use crate::support::receiver::{SECRET, events, kind_receiver, received, receiver, requests, status};
use crate::support::wait_for;

/// How soon another daemon goes on with the work.
const TAKEOVER: Duration = Duration::from_secs(15);
/// Between two collections.
const PERIOD_SECONDS: i64 = 5;

/// Two daemons that collect every five seconds, and what they stand on.
struct Pair {
    homes: [Home; 2],
    database: TestDatabase,
    simulator: Simulator,
    environment: Vec<(&'static str, String)>,
}

impl Pair {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        let simulator = pve_sim::start(quick_cluster()).await.unwrap();
        let mut environment = proxmox(&simulator);
        environment.push(("DATABASE_URL", database.url()));
        let period = format!("{PERIOD_SECONDS}s");
        environment.push(("NEXOPS_METRICS_INTERVAL", period.clone()));
        environment.push(("NEXOPS_HEALTH_INTERVAL", period));
        environment.push(("NEXOPS_ALLOW_LOOPBACK_TARGETS", "true".to_owned()));
        environment.push(("NEXOPS_SECRET_KEY", "a key of the tests that keeps nothing".to_owned()));
        Self { homes: [Home::new(), Home::new()], database, simulator, environment }
    }

    async fn serve(&self, which: usize) -> Program {
        self.homes[which].serve(&[], &self.environment).await
    }

    /// Both, the one that does the work first.
    async fn start(&self) -> (Program, Program) {
        let leader = self.serve(0).await;
        let follower = self.serve(1).await;
        assert!(leads(&leader).await && !leads(&follower).await);
        (leader, follower)
    }

    async fn collections(&self) -> i64 {
        self.database.number("SELECT count(DISTINCT ts) FROM metric_samples").await
    }

    /// Whether nothing was collected twice and nothing left out: one reading each period, one more for each start of the
    /// work, and no longer gap than a takeover may take.
    async fn check_samples(&self) {
        let per_guest = "SELECT series_id, count(*) AS samples, \
            extract(epoch FROM max(ts) - min(ts)) AS seconds FROM metric_samples GROUP BY series_id";
        let turns = self.database.number("SELECT max(epoch) FROM leases WHERE scope LIKE 'connection/%'").await;
        let most = format!("seconds / {PERIOD_SECONDS} + 1 + {turns}");
        let twice = format!("SELECT count(*) FROM ({per_guest}) AS series WHERE samples > {most}");
        assert_eq!(self.database.number(&twice).await, 0, "something was collected twice in {turns} turns");
        let gaps = "SELECT ts - lag(ts) OVER (PARTITION BY series_id ORDER BY ts) AS gap FROM metric_samples";
        let longest = TAKEOVER.as_secs() + 2 * PERIOD_SECONDS.unsigned_abs();
        let lost = format!("SELECT count(*) FROM ({gaps}) AS gaps WHERE gap > interval '{longest} s'");
        assert_eq!(self.database.number(&lost).await, 0, "something was not collected");
    }
}

/// Whether this daemon collects.
async fn leads(program: &Program) -> bool {
    let jobs = program.client.system().await.unwrap().data.jobs;
    jobs.iter().filter(|job| job.name == "collect").all(|job| job.done_by.is_none())
}

/// A service that is down, a rule that fires when it has been so for 20 seconds, and who is told of it.
async fn misfortune(program: &Program, service: &MockServer, receiver: &MockServer) {
    let hook = json!({"name": "hook", "settings": {"kind": "webhook", "url": receiver.uri(), "secret": SECRET}});
    program.client.create_channel(&serde_json::from_value(hook).unwrap()).await.unwrap();
    let rule = json!({"name": "down", "metric_name": "up", "condition": "lt", "threshold": 1, "duration_seconds": 20,
        "severity": "critical", "notification_channels": ["hook"]});
    program.client.create_alert_rule(&serde_json::from_value(rule).unwrap()).await.unwrap();
    let check = CheckSettings { retries: 0, ..CheckSettings::default() };
    let down = ServiceSettings { health_check_url: Some(service.uri()), check, ..ServiceSettings::named("web") };
    program.client.create_service(&down).await.unwrap();
}

/// How long it takes until there are samples that were not there before.
async fn until_collected(pair: &Pair) -> Duration {
    let (since, before) = (Instant::now(), pair.collections().await);
    wait_for(LONG, "somebody collects", async || pair.collections().await > before).await;
    since.elapsed()
}

#[rstest]
#[case::killed(Signal::KILL)]
#[case::hung(Signal::STOP)]
#[case::told_to_end(Signal::TERM)]
#[tokio::test(flavor = "multi_thread")]
async fn when_the_one_that_works_is_gone_the_other_goes_on(#[case] signal: Signal) {
    let pair = Pair::new().await;
    let (leader, follower) = pair.start().await;
    until_collected(&pair).await;
    leader.signal(signal);
    let since = Instant::now();
    wait_for(LONG, "the other one works", async || leads(&follower).await).await;
    until_collected(&pair).await;
    assert!(since.elapsed() < TAKEOVER, "{:?}: {}", since.elapsed(), follower.said());
    if signal == Signal::STOP {
        leader.signal(Signal::CONT);
        wait_for(LONG, "the first one stands by", async || !leads(&leader).await).await;
        assert!(leads(&follower).await);
        until_collected(&pair).await;
    }
    until_collected(&pair).await;
    pair.check_samples().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_is_pending_when_its_daemon_is_killed_fires_in_time_and_is_told_once() {
    let pair = Pair::new().await;
    let (mut leader, follower) = pair.start().await;
    let (service, receiver) = (receiver(vec![status(503)]).await, kind_receiver().await);
    misfortune(&follower, &service, &receiver).await;
    let pending = "SELECT count(*) FROM alert_states";
    wait_for(LONG, "the service is seen to be down", async || pair.database.number(pending).await == 1).await;
    wait_for(LONG, "it was seen twice", async || service.received_requests().await.unwrap().len() > 2).await;
    leader.signal(Signal::KILL);
    leader.end().await;

    let fired = "SELECT count(*) FROM notification_deliveries WHERE event = 'firing'";
    wait_for(LONG, "the alert fires", async || pair.database.number(fired).await == 1).await;
    let seconds = "SELECT extract(epoch FROM fired_at - started_at)::bigint FROM alerts";
    let lasted = pair.database.number(seconds).await;
    assert!((20..20 + 2 * PERIOD_SECONDS).contains(&lasted), "it fired after {lasted} s");
    assert_eq!(pair.database.number("SELECT count(*) FROM alerts").await, 1);
    let leader = pair.serve(0).await;
    pair.database.execute("UPDATE notification_deliveries SET next_attempt_at = now()").await;
    received(&receiver, 1).await;
    // Another kill, of the one that has sent it.
    let sent = "SELECT count(*) FROM notification_deliveries WHERE state = 'sent'";
    wait_for(LONG, "it is known to be sent", async || pair.database.number(sent).await == 1).await;
    drop(follower);
    wait_for(LONG, "the first one works again", async || leads(&leader).await).await;
    let evaluated = "SELECT count(*) FROM leases WHERE scope IN ('job/evaluate', 'job/deliver') AND epoch >= 3";
    wait_for(LONG, "it evaluates and delivers", async || pair.database.number(evaluated).await == 2).await;
    until_collected(&pair).await;
    until_collected(&pair).await;
    assert_eq!(events(&requests(&receiver).await), ["firing"]);
    assert_eq!(pair.database.number("SELECT count(*) FROM notification_deliveries").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn daemons_that_are_killed_again_and_again_leave_no_gap_and_no_double() {
    let pair = Pair::new().await;
    let (first, second) = pair.start().await;
    let mut programs = [Some(first), Some(second)];
    // Which one is killed, and after how much of a period.
    for (which, tenths) in [(0, 3), (1, 7), (1, 0), (0, 9)] {
        until_collected(&pair).await;
        tokio::time::sleep(Duration::from_millis(tenths * 500)).await;
        drop(programs[which].take());
        until_collected(&pair).await;
        programs[which] = Some(pair.serve(which).await);
    }
    until_collected(&pair).await;
    pair.check_samples().await;
    for program in programs.into_iter().flatten() {
        let said = program.said();
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_one_that_stands_by_answers_and_obeys_as_the_other_does() {
    let pair = Pair::new().await;
    let (leader, follower) = pair.start().await;
    let vm = follower.vms().await.into_iter().find(|vm| vm.vmid == 103).unwrap();
    let fresh = UsageQuery { fresh: true };
    let before = follower.client.vm_usage(VmRef::Id(vm.id), &UsageQuery::default()).await.unwrap().data;
    let after = follower.client.vm_usage(VmRef::Id(vm.id), &fresh).await.unwrap().data;
    assert!(after.observed_at > before.observed_at, "{before:?} {after:?}");

    // A daemon that only stands by has to ask which release it is that a stop may take the place of a shutdown.
    pair.simulator.control().set_guest_ignores_shutdown(101, true);
    follower.client.shutdown_vm(101).await.unwrap();
    let stop = follower.client.stop_vm(101).await.unwrap().data;
    wait_for(LONG, "the guest is stopped", async || {
        leader.client.find_task(stop.id).await.unwrap().data.status == TaskStatus::Succeeded
    })
    .await;

    let task = follower.client.start_vm(103).await.unwrap().data;
    wait_for(LONG, "the one that works follows the task to its end", async || {
        follower.client.find_task(task.id).await.unwrap().data.finished_at.is_some()
    })
    .await;
    assert_eq!(leader.client.find_task(task.id).await.unwrap().data.status, TaskStatus::Succeeded);

    pair.simulator.control().inject(pve_sim::Fault::new("/", pve_sim::FaultKind::Garbage));
    let refusal = follower.client.vm_usage(VmRef::Id(vm.id), &fresh).await.unwrap_err();
    assert_eq!(refusal.code(), Some(nexops_core::error::ErrorCode::ProxmoxError));
}
