//! The figures, as tables for people and as JSON for machines, with the machine they were measured on.

use std::time::Duration;

use serde_json::json;

/// One collection, by the daemon's own account.
pub struct Collection {
    pub cycle_ms: f64,
    pub fetching_ms: f64,
    pub parsing_ms: f64,
    pub recording_ms: f64,
    pub samples_ms: f64,
    pub samples: u64,
}

/// One figure, and what it should not exceed.
pub struct Figure {
    what: String,
    value: f64,
    unit: &'static str,
    aim: Option<f64>,
}

impl Figure {
    pub fn plain(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value, unit, aim: None }
    }

    pub fn aimed(what: impl Into<String>, value: f64, unit: &'static str, aim: f64) -> Self {
        Self { aim: Some(aim), ..Self::plain(what, value, unit) }
    }

    fn verdict(&self) -> String {
        match self.aim {
            Some(aim) if self.value <= aim => format!("at most {aim}: reached"),
            Some(aim) => format!("at most {aim}: MISSED"),
            None => String::new(),
        }
    }
}

/// Many requests of one kind.
pub struct Requests {
    what: &'static str,
    places: usize,
    per_second: f64,
    p50_ms: f64,
    pub p99_ms: f64,
}

impl Requests {
    pub fn of(what: &'static str, places: usize, mut latencies: Vec<Duration>, time: Duration) -> Self {
        latencies.sort_unstable();
        let at = |share: usize| latencies[(latencies.len() - 1) * share / 100].as_secs_f64() * 1000.0;
        #[expect(clippy::cast_precision_loss, reason = "requests are counted in thousands")]
        let per_second = latencies.len() as f64 / time.as_secs_f64();
        Self { what, places, per_second, p50_ms: at(50), p99_ms: at(99) }
    }

    fn as_json(&self) -> serde_json::Value {
        let Self { what, places, per_second, p50_ms, p99_ms } = self;
        json!({ "request": what, "at_once": places, "per_second": per_second, "p50_ms": p50_ms, "p99_ms": p99_ms })
    }
}

/// Everything measured at one size.
pub struct Row {
    pub guests: u32,
    pub cycle_ms: f64,
    pub fetching_ms: f64,
    pub parsing_ms: f64,
    pub recording_ms: f64,
    pub samples_ms: f64,
    pub samples: u64,
    pub copy_ms: f64,
    pub memory_kib: u64,
    /// The last of them asks for the overview.
    pub requests: Vec<Requests>,
}

impl Row {
    /// The figures that have an aim.
    pub fn figures(&self) -> Vec<Figure> {
        let of = |what: &str| format!("{} guests: {what}", self.guests);
        let memory_aim = if self.guests <= 200 { 40.0 } else { 150.0 };
        #[expect(clippy::cast_precision_loss, reason = "memory is counted in MiB")]
        let memory = self.memory_kib as f64 / 1024.0;
        let mut figures = vec![
            Figure::aimed(of("a collection"), self.cycle_ms, "ms", 2000.0),
            Figure::aimed(of("insert of the samples, by COPY"), self.samples_ms / self.copy_ms, "times", 1.5),
            Figure::aimed(of("memory of the daemon"), memory, "MiB", memory_aim),
        ];
        let overview = self.requests.last().map(|requests| requests.p99_ms);
        figures.extend(overview.map(|p99| Figure::aimed(of("overview, p99"), p99, "ms", 10.0)));
        figures
    }
}

/// The middle one of some figures.
pub fn median(collections: &[Collection], figure: impl Fn(&Collection) -> f64) -> f64 {
    let mut figures: Vec<f64> = collections.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Prints the tables to people and the JSON after them.
pub fn print(rows: &[Row], history: &[Requests], figures: &[Figure]) {
    let machine = machine();
    println!("machine: {machine}");
    println!();
    println!("One collection, median in ms (samples: the insert alone; COPY: the same rows by plain COPY)");
    println!("  guests    cycle    fetch    parse    write  samples    rows     COPY  samples/COPY  daemon MiB");
    for row in rows {
        println!(
            "{:>8} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>7} {:>8.1} {:>13.2} {:>11.1}",
            row.guests,
            row.cycle_ms,
            row.fetching_ms,
            row.parsing_ms,
            row.recording_ms,
            row.samples_ms,
            row.samples,
            row.copy_ms,
            row.samples_ms / row.copy_ms,
            row.memory_kib as f64 / 1024.0,
        );
    }
    println!();
    println!("Requests");
    println!("  guests  request                   at once  per second   p50 ms   p99 ms");
    for row in rows {
        row.requests.iter().for_each(|requests| line(&row.guests.to_string(), requests));
    }
    history.iter().for_each(|requests| line("215", requests));
    println!();
    println!("Figures, and what they should not exceed");
    for figure in figures {
        println!("  {:<52} {:>12.2} {:<6} {}", figure.what, figure.value, figure.unit, figure.verdict());
    }
    println!();
    let rows: Vec<_> = rows.iter().map(as_json).collect();
    let history: Vec<_> = history.iter().map(Requests::as_json).collect();
    let figures: Vec<_> = figures
        .iter()
        .map(|f| json!({ "figure": f.what, "value": f.value, "unit": f.unit, "at_most": f.aim }))
        .collect();
    println!("{}", json!({ "machine": machine, "rows": rows, "history": history, "figures": figures }));
}

fn line(guests: &str, requests: &Requests) {
    let Requests { what, places, per_second, p50_ms, p99_ms } = requests;
    println!("{guests:>8}  {what:<25} {places:>7} {per_second:>11.0} {p50_ms:>8.2} {p99_ms:>8.2}");
}

fn as_json(row: &Row) -> serde_json::Value {
    json!({
        "guests": row.guests,
        "cycle_ms": row.cycle_ms,
        "fetching_ms": row.fetching_ms,
        "parsing_ms": row.parsing_ms,
        "recording_ms": row.recording_ms,
        "samples_ms": row.samples_ms,
        "samples": row.samples,
        "copy_ms": row.copy_ms,
        "daemon_kib": row.memory_kib,
        "requests": row.requests.iter().map(Requests::as_json).collect::<Vec<_>>(),
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
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or("?");
    format!("{cores} cores, {model}, {} GiB, load average {load} at the end", kib / 1_048_576)
}
