//! The figures, as a table for people and as JSON for machines, with the machine they were measured on.

use std::time::Duration;

use serde_json::json;

/// One collection, by the daemon's own account.
pub struct Collection {
    pub cycle_ms: f64,
    pub asking_ms: f64,
    pub recording_ms: f64,
    pub samples_ms: f64,
    pub samples: u64,
}

/// Many requests of one kind.
pub struct Requests {
    what: &'static str,
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
}

impl Requests {
    pub fn of(what: &'static str, mut latencies: Vec<Duration>, time: Duration) -> Self {
        latencies.sort_unstable();
        let at = |share: usize| latencies[(latencies.len() - 1) * share / 100].as_secs_f64() * 1000.0;
        #[expect(clippy::cast_precision_loss, reason = "requests are counted in thousands")]
        let per_second = latencies.len() as f64 / time.as_secs_f64();
        Self { what, per_second, p50_ms: at(50), p99_ms: at(99) }
    }
}

/// Everything measured at one size.
pub struct Row {
    pub guests: u32,
    pub cycle_ms: f64,
    pub asking_ms: f64,
    pub recording_ms: f64,
    pub samples_ms: f64,
    pub samples: u64,
    pub copy_ms: f64,
    pub memory_kib: u64,
    pub requests: Vec<Requests>,
}

/// The middle one of some figures.
pub fn median(collections: &[Collection], figure: impl Fn(&Collection) -> f64) -> f64 {
    let mut figures: Vec<f64> = collections.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Prints the table to people and the JSON after it.
pub fn print(rows: &[Row]) {
    let machine = machine();
    println!("machine: {machine}");
    println!();
    println!("One collection, median in ms (samples: the insert alone; COPY: the same rows by plain COPY)");
    println!("  guests    cycle   asking  recording  samples    rows     COPY  samples/COPY  daemon MiB");
    for row in rows {
        println!(
            "{:>8} {:>8.1} {:>8.1} {:>10.1} {:>8.1} {:>7} {:>8.1} {:>13.2} {:>11.1}",
            row.guests,
            row.cycle_ms,
            row.asking_ms,
            row.recording_ms,
            row.samples_ms,
            row.samples,
            row.copy_ms,
            row.samples_ms / row.copy_ms,
            row.memory_kib as f64 / 1024.0,
        );
    }
    println!();
    println!("Requests, 8 at a time");
    println!("  guests  request            per second   p50 ms   p99 ms");
    for row in rows {
        for requests in &row.requests {
            println!(
                "{:>8}  {:<18} {:>10.0} {:>8.2} {:>8.2}",
                row.guests, requests.what, requests.per_second, requests.p50_ms, requests.p99_ms
            );
        }
    }
    println!();
    let rows: Vec<_> = rows.iter().map(as_json).collect();
    println!("{}", json!({ "machine": machine, "rows": rows }));
}

fn as_json(row: &Row) -> serde_json::Value {
    let requests: Vec<_> = row
        .requests
        .iter()
        .map(|r| json!({ "request": r.what, "per_second": r.per_second, "p50_ms": r.p50_ms, "p99_ms": r.p99_ms }))
        .collect();
    json!({
        "guests": row.guests,
        "cycle_ms": row.cycle_ms,
        "asking_ms": row.asking_ms,
        "recording_ms": row.recording_ms,
        "samples_ms": row.samples_ms,
        "samples": row.samples,
        "copy_ms": row.copy_ms,
        "daemon_kib": row.memory_kib,
        "requests": requests,
    })
}

fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model =
        cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map_or("?", |(_, name)| name);
    let memory = read("/proc/meminfo");
    let kib: u64 = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse().ok())
        .unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} cores, {model}, {} GiB", kib / 1_048_576)
}
