//! The last samples of everything with their times, as `/cluster/metrics/export` hands them out.

use serde_json::{Value, json};

use crate::answers::number;
use crate::clock::Moment;
use crate::figures::figures;
use crate::guest::{Guest, State};
use crate::node::Node;
use crate::statistics::node_sample;
use crate::world::World;

/// How far back the history reaches.
const HISTORY_SECONDS: f64 = 1_800.0;
/// Longer answers lose their oldest samples.
const LONGEST_ANSWER: usize = 300_000;

/// What is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Request<'a> {
    /// More than the last sample.
    pub(crate) history: bool,
    /// Only samples taken later than this, in seconds since 1970.
    pub(crate) after: u64,
    /// Only these nodes, separated by commas.
    pub(crate) nodes: Option<&'a str>,
}

/// Every sample asked for, oldest first.
pub(crate) fn export(world: &World, request: Request<'_>) -> Vec<Value> {
    let asked = |node: &Node| request.nodes.is_none_or(|names| names.split(',').any(|name| name.trim() == node.name));
    let nodes: Vec<usize> =
        (0..world.nodes.len()).filter(|index| world.nodes[*index].is_online() && asked(&world.nodes[*index])).collect();
    let mut times = vec![world.statistics.taken()];
    if request.history {
        let per_sample = (world.guests.len() * 11 + world.nodes.len() * 21).max(1);
        let step = world.statistics.usual_interval_seconds();
        let most = ((HISTORY_SECONDS / step) as usize).min(LONGEST_ANSWER / per_sample);
        times.extend((1..most).map(|back| world.statistics.taken_before().plus(-step * (back - 1) as f64)));
    }
    times.retain(|time| time.epoch() > request.after);
    times.reverse();
    let mut rows = Vec::new();
    for time in times {
        nodes.iter().for_each(|index| sample_node(world, *index, time, &mut rows));
    }
    rows
}

/// Everything one node reports at one time.
fn sample_node(world: &World, index: usize, time: Moment, rows: &mut Vec<Value>) {
    let node = &world.nodes[index];
    let mut load = (0.0, 0);
    // What the node takes the time for.
    let clock = time.plus(world.tasks.skew_seconds);
    let guests = world.guests.values().filter(|guest| guest.node == index && guest.created <= time);
    for guest in guests {
        let figures = if ran(guest, time) { figures(guest, time) } else { Default::default() };
        load.0 += figures.cpu * guest.cpus();
        load.1 += figures.mem.max(figures.memhost);
        let mut rows = Rows { id: format!("{}/{}", guest.kind.key(), guest.vmid), time: clock, rows };
        rows.gauge("cpu_current", number(figures.cpu));
        rows.gauge("cpu_max", number(guest.cpus()));
        rows.gauge("mem_total", json!(guest.max_memory_bytes));
        rows.gauge("mem_used", json!(figures.mem));
        rows.gauge("disk_total", json!(guest.max_disk_bytes));
        rows.gauge("disk_used", json!(figures.disk));
        rows.gauge("uptime", json!(figures.uptime));
        rows.derive("disk_read", figures.diskread);
        rows.derive("disk_write", figures.diskwrite);
        rows.derive("net_in", figures.netin);
        rows.derive("net_out", figures.netout);
    }
    let sample = node_sample(node, load, time);
    let busy = sample.cpu * f64::from(node.threads);
    let up = time.since(node.started);
    let mut own = Rows { id: format!("node/{}", node.name), time: clock, rows };
    for (name, factor) in [("cpu_avg1", 1.0), ("cpu_avg5", 0.95), ("cpu_avg15", 0.9)] {
        own.gauge(name, number((busy * factor * 100.0).round() / 100.0));
    }
    own.gauge("cpu_current", number(sample.cpu));
    own.gauge("cpu_iowait", number(sample.cpu / 50.0));
    own.gauge("cpu_max", json!(node.threads));
    own.gauge("mem_total", json!(node.memory_bytes));
    own.gauge("mem_used", json!(sample.memory_bytes));
    own.gauge("swap_total", json!(8u64 << 30));
    own.gauge("swap_used", json!(0));
    own.gauge("disk_total", json!(node.root().map_or(0, |root| root.size_bytes)));
    own.gauge("disk_used", json!(node.root().map_or(0, |root| root.used_bytes(up))));
    own.gauge("uptime", json!(sample.uptime_seconds));
    for storage in &node.storages {
        let mut rows = Rows { id: format!("storage/{}/{}", node.name, storage.name), time: clock, rows: &mut *rows };
        rows.gauge("disk_total", json!(storage.size_bytes));
        rows.gauge("disk_used", json!(storage.used_bytes(if storage.shared { 0.0 } else { up })));
    }
}

fn ran(guest: &Guest, time: Moment) -> bool {
    guest.state() != State::Stopped && guest.run.as_ref().is_some_and(|run| run.started <= time)
}

/// Where the samples of one thing at one time go.
struct Rows<'a> {
    id: String,
    time: Moment,
    rows: &'a mut Vec<Value>,
}

impl Rows<'_> {
    fn gauge(&mut self, metric: &str, value: Value) {
        self.push(metric, value, "gauge");
    }

    /// A counter, of which only the growth means something.
    fn derive(&mut self, metric: &str, value: u64) {
        self.push(metric, json!(value), "derive");
    }

    fn push(&mut self, metric: &str, value: Value, kind: &str) {
        let (id, time) = (&self.id, self.time.epoch());
        let mut row = json!({ "timestamp": time, "id": id, "metric": metric, "type": kind });
        row["value"] = value;
        self.rows.push(row);
    }
}
