//! `make bench`: what the daemon costs at 200, 1,000 and 10,000 guests.
//!
//! The simulator and the daemon are processes of their own, built for release; the database is a private PostgreSQL
//! with its ordinary settings. Every figure of storage stands beside a plain `COPY` of the same rows into the same
//! table in the same run, for machines differ.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot go on stops")]

mod baseline;
mod process;
mod report;

use std::time::{Duration, Instant};

use nexops_core::client::Client;
use nexops_core::profile::Profile;
use nexops_core::vm::{ListVms, UsageQuery};
use nexopsd::postgres::PrivatePostgres;

use crate::process::{Daemon, Simulator};
use crate::report::{Collection, Requests, Row, median};

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
    let rows = runtime.block_on(async {
        let mut rows = Vec::new();
        for size in sizes {
            eprintln!("bench: {size} guests");
            rows.push(measure(size).await);
        }
        rows
    });
    report::print(&rows);
}

async fn measure(guests: u32) -> Row {
    let directory = tempfile::Builder::new().prefix("nexops-bench-").tempdir_in("/var/tmp").unwrap();
    std::fs::set_permissions(directory.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let server = PrivatePostgres::start(&directory.path().join("data")).await.expect("start PostgreSQL");
    let simulator = Simulator::start(guests);
    let daemon = Daemon::start(&simulator, &server.url());
    let client = Client::new(Profile { url: daemon.url.clone(), token: None, actor: None }).unwrap();

    let any_vm = first_vm(&client).await;
    let mut collections = Vec::with_capacity(COLLECTIONS);
    for _ in 0..COLLECTIONS {
        tokio::time::sleep(Duration::from_millis(1100)).await;
        client.vm_usage(any_vm, &UsageQuery { fresh: true }).await.expect("collect");
        collections.push(last_collection(&client).await);
    }
    // The first one numbers the series; it happens once in the life of a guest.
    let collections = &collections[1..];
    let memory_kib = daemon.resident_kib();
    let copy_ms = baseline::copy_last_batch(&server.url()).await;
    let list = requests(&client, "list of 100 VMs", async |client| {
        client.list_vms(&ListVms { per_page: Some(100), ..ListVms::default() }).await.map(|_| ())
    })
    .await;
    let one = requests(&client, "one VM", async |client| client.find_vm(any_vm).await.map(|_| ())).await;
    drop(daemon);
    server.stop().await.unwrap();
    Row {
        guests,
        cycle_ms: median(collections, |collection| collection.cycle_ms),
        asking_ms: median(collections, |collection| collection.asking_ms),
        recording_ms: median(collections, |collection| collection.recording_ms),
        samples_ms: median(collections, |collection| collection.samples_ms),
        samples: collections.last().map_or(0, |collection| collection.samples),
        copy_ms,
        memory_kib,
        requests: vec![list, one],
    }
}

async fn first_vm(client: &Client) -> i32 {
    let query = ListVms { per_page: Some(1), ..ListVms::default() };
    client.list_vms(&query).await.unwrap().data.first().expect("the daemon knows a guest").vmid
}

async fn last_collection(client: &Client) -> Collection {
    let system = client.system().await.unwrap().data;
    let job = system.jobs.into_iter().find(|job| job.name == "collect").expect("there is a collecting loop");
    let number = |key: &str| job.last_report[key].as_f64().unwrap_or_default();
    Collection {
        cycle_ms: number("asking_ms") + number("recording_ms"),
        asking_ms: number("asking_ms"),
        recording_ms: number("recording_ms"),
        samples_ms: number("recording_samples_ms"),
        samples: job.last_report["samples"].as_u64().unwrap_or_default(),
    }
}

/// Sends the same request again and again from several places at once.
async fn requests<F>(client: &Client, what: &'static str, request: F) -> Requests
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
    let all = futures::future::join_all((0..CONCURRENCY).map(|_| one_place())).await;
    Requests::of(what, all.into_iter().flatten().collect(), REQUEST_TIME)
}
