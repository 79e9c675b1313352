//! `make bench`: what the daemon costs at 200, 1,000 and 10,000 guests, what a week of history costs, what
//! the alert rules cost, and what a command.
//!
//! The simulator and the daemon are processes of their own, built for release; the database is a private PostgreSQL
//! with its ordinary settings. Every figure of storage stands beside a plain `COPY` of the same rows into the same
//! table in the same run, for machines differ.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot go on stops")]

mod baseline;
mod command;
mod evaluation;
mod history;
mod process;
mod report;

use std::time::{Duration, Instant};

use nexops_core::client::Client;
use nexops_core::profile::Profile;
use nexops_core::vm::{ListVms, UsageQuery};
use nexopsd::postgres::PrivatePostgres;

use crate::process::{Daemon, Simulator};
use crate::report::{Collection, Figure, Requests, Row, median};

/// Collections measured for each size. Figures move once a second, so that each takes at least that long.
const COLLECTIONS: usize = 8;
/// How long requests are counted.
const REQUEST_TIME: Duration = Duration::from_secs(3);
/// Requests under way at once.
const CONCURRENCY: usize = 8;

fn main() {
    let sizes: Vec<u32> = std::env::var("BENCH_GUESTS")
        .unwrap_or_else(|_| "200,1000,10000".to_owned())
        .split(',')
        .map(|size| size.trim().parse().expect("BENCH_GUESTS is a list of numbers"))
        .collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (rows, figures, history) = runtime.block_on(async {
        let mut rows = Vec::new();
        for size in sizes {
            eprintln!("bench: {size} guests");
            rows.push(measure(size).await);
        }
        let (mut figures, history) = history::measure().await;
        figures.extend(evaluation::measure().await);
        figures.extend(command::measure().await);
        (rows, figures, history)
    });
    let figures: Vec<Figure> = rows.iter().flat_map(Row::figures).chain(figures).collect();
    report::print(&rows, &history, &figures);
}

/// A cluster, a database and a daemon that watches the one and writes to the other.
struct Site {
    server: PrivatePostgres,
    daemon: Daemon,
    client: Client,
    _simulator: Simulator,
    _directory: tempfile::TempDir,
}

impl Site {
    /// Starts it all, and collects twice, so that every series is there.
    async fn start(guests: u32) -> Self {
        let directory = tempfile::Builder::new().prefix("nexops-bench-").tempdir_in("/var/tmp").unwrap();
        std::fs::set_permissions(directory.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let server = PrivatePostgres::start(&directory.path().join("data")).await.expect("start PostgreSQL");
        let simulator = Simulator::start(guests);
        let daemon = Daemon::start(&simulator, &server.url());
        let client = Client::new(Profile { url: daemon.url.clone(), token: None, actor: None }).unwrap();
        let site = Self { server, daemon, client, _simulator: simulator, _directory: directory };
        site.collect().await;
        site.collect().await;
        site
    }

    /// Collects once, when there are new figures.
    async fn collect(&self) {
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let any_vm = self.any_vm().await;
        self.client.vm_usage(any_vm, &UsageQuery { fresh: true }).await.expect("collect");
    }

    async fn any_vm(&self) -> i32 {
        let query = ListVms { per_page: Some(1), ..ListVms::default() };
        self.client.list_vms(&query).await.unwrap().data.first().expect("the daemon knows a guest").vmid
    }

    async fn stop(self) {
        drop(self.daemon);
        self.server.stop().await.unwrap();
    }
}

async fn measure(guests: u32) -> Row {
    let site = Site::start(guests).await;
    let any_vm = site.any_vm().await;
    let mut collections = Vec::with_capacity(COLLECTIONS);
    for _ in 0..COLLECTIONS {
        site.collect().await;
        collections.push(last_collection(&site.client).await);
    }
    let memory_kib = site.daemon.resident_kib();
    let copy_ms = baseline::copy_last_batch(&site.server.url()).await;
    let list = requests(&site.client, "list of 100 VMs", CONCURRENCY, async |client| {
        client.list_vms(&ListVms { per_page: Some(100), ..ListVms::default() }).await.map(|_| ())
    })
    .await;
    let one =
        requests(&site.client, "one VM", CONCURRENCY, async |client| client.find_vm(any_vm).await.map(|_| ())).await;
    let overview = requests(&site.client, "overview, one at a time", 1, async |client| {
        client.metrics_overview().await.map(|_| ())
    })
    .await;
    site.stop().await;
    let collections = collections.as_slice();
    Row {
        guests,
        cycle_ms: median(collections, |collection| collection.cycle_ms),
        fetching_ms: median(collections, |collection| collection.fetching_ms),
        parsing_ms: median(collections, |collection| collection.parsing_ms),
        recording_ms: median(collections, |collection| collection.recording_ms),
        samples_ms: median(collections, |collection| collection.samples_ms),
        samples: collections.last().map_or(0, |collection| collection.samples),
        copy_ms,
        memory_kib,
        requests: vec![list, one, overview],
    }
}

async fn last_collection(client: &Client) -> Collection {
    let system = client.system().await.unwrap().data;
    let job = system.jobs.into_iter().find(|job| job.name == "collect").expect("there is a collecting loop");
    let number = |key: &str| job.last_report[key].as_f64().unwrap_or_default();
    Collection {
        cycle_ms: number("asking_ms") + number("recording_ms"),
        fetching_ms: number("asking_ms") - number("parsing_ms"),
        parsing_ms: number("parsing_ms"),
        recording_ms: number("recording_ms"),
        samples_ms: number("recording_samples_ms"),
        samples: job.last_report["samples"].as_u64().unwrap_or_default(),
    }
}

/// Sends the same request again and again from so many places at once.
async fn requests<F>(client: &Client, what: &'static str, places: usize, request: F) -> Requests
where
    F: AsyncFn(&Client) -> nexops_core::client::Result<()>,
{
    let end = Instant::now() + REQUEST_TIME;
    let one_place = async || {
        let mut latencies = Vec::new();
        while Instant::now() < end {
            let clock = Instant::now();
            request(client).await.expect("the request is answered");
            latencies.push(clock.elapsed());
        }
        latencies
    };
    let all = futures::future::join_all((0..places).map(|_| one_place())).await;
    Requests::of(what, places, all.into_iter().flatten().collect(), REQUEST_TIME)
}
