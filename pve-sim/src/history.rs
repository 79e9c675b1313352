//! History as the round-robin databases keep it: means, rates and gaps, computed when somebody asks.

use serde_json::{Value, json};

use crate::answers::number;
use crate::clock::Moment;
use crate::figures::{Figures, unbroken_figures};
use crate::guest::{Guest, GuestKind};
use crate::node::{Node, Storage};
use crate::statistics::node_sample;
use crate::version::PveVersion;

/// A node's past is drawn from this many of its guests, scaled to all: the longest answers have 1440 rows.
const GUESTS_ASKED: usize = 16;

/// How far back to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timeframe {
    Hour,
    Day,
    Week,
    Month,
    Year,
    /// Only nodes, and only since 9.
    Decade,
}

impl Timeframe {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "hour" => Some(Self::Hour),
            "day" => Some(Self::Day),
            "week" => Some(Self::Week),
            "month" => Some(Self::Month),
            "year" => Some(Self::Year),
            "decade" => Some(Self::Decade),
            _ => None,
        }
    }
}

/// How the samples of a row become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consolidation {
    Average,
    Maximum,
}

impl Consolidation {
    fn of(self, values: [f64; 3]) -> Value {
        number(match self {
            Self::Average => values.iter().sum::<f64>() / 3.0,
            Self::Maximum => values.into_iter().fold(0.0, f64::max),
        })
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub(crate) timeframe: Timeframe,
    pub(crate) consolidation: Consolidation,
    pub(crate) version: PveVersion,
    pub(crate) now: Moment,
}

/// The end of a row, and whether its time has passed.
#[derive(Clone, Copy, Debug)]
struct Slot {
    from: Moment,
    until: Moment,
    complete: bool,
}

impl Slot {
    fn row(&self) -> Value {
        json!({ "time": self.until.epoch() })
    }

    fn seconds(&self) -> f64 {
        self.until.since(self.from)
    }

    /// Three moments spread over the slot.
    fn moments(&self) -> [Moment; 3] {
        [1.0, 3.0, 5.0].map(|sixths| self.from.plus(self.seconds() * sixths / 6.0))
    }
}

impl Request {
    /// Seconds per row and number of rows.
    fn resolution(&self) -> (u64, u64) {
        const HOUR: u64 = 3_600;
        match (self.version, self.timeframe) {
            (PveVersion::V7_4 | PveVersion::V8_4, timeframe) => match timeframe {
                Timeframe::Hour => (60, 70),
                Timeframe::Day => (HOUR / 2, 70),
                Timeframe::Week => (3 * HOUR, 70),
                Timeframe::Month => (12 * HOUR, 70),
                Timeframe::Year | Timeframe::Decade => (7 * 24 * HOUR, 70),
            },
            (PveVersion::V9_1, timeframe) => match timeframe {
                Timeframe::Hour => (60, 60),
                Timeframe::Day => (60, 1_440),
                Timeframe::Week => (HOUR / 2, 336),
                Timeframe::Month => (HOUR / 2, 1_440),
                Timeframe::Year => (6 * HOUR, 1_440),
                Timeframe::Decade => (7 * 24 * HOUR, 570),
            },
        }
    }

    /// Before 9 the last row is the one that is still being written.
    fn slots(&self) -> impl Iterator<Item = Slot> {
        let (step, rows) = self.resolution();
        let complete_until = self.now.epoch() / step * step;
        let last = match self.version {
            PveVersion::V7_4 | PveVersion::V8_4 => complete_until + step,
            PveVersion::V9_1 => complete_until,
        };
        (0..rows).rev().map(move |back| {
            let until = last - back * step;
            let from = Moment::at((until - step) as f64);
            Slot { from, until: Moment::at(until as f64), complete: until <= complete_until }
        })
    }
}

/// The rows of a guest. What it did before its last start is forgotten.
pub(crate) fn guest_rows(guest: &Guest, node: &Node, request: Request) -> Vec<Value> {
    request.slots().map(|slot| guest_row(guest, node, request, slot)).collect()
}

fn guest_row(guest: &Guest, node: &Node, request: Request, slot: Slot) -> Value {
    let mut row = slot.row();
    if !slot.complete || !was_watched(node, slot) || slot.from < guest.created {
        return row;
    }
    row["maxcpu"] = number(guest.cpus());
    row["maxmem"] = json!(guest.max_memory_bytes);
    row["maxdisk"] = json!(guest.max_disk_bytes);
    row["disk"] = json!(0);
    if guest.run.as_ref().is_none_or(|run| slot.from < run.started) {
        return row;
    }
    let samples = slot.moments().map(|moment| unbroken_figures(guest, moment));
    let (before, after) = (unbroken_figures(guest, slot.from), unbroken_figures(guest, slot.until));
    let gauge = |value: fn(&Figures) -> f64| request.consolidation.of([0, 1, 2].map(|sample| value(&samples[sample])));
    let rate =
        |value: fn(&Figures) -> u64| number(value(&after).saturating_sub(value(&before)) as f64 / slot.seconds());
    row["cpu"] = gauge(|figures| figures.cpu);
    row["mem"] = gauge(|figures| figures.mem as f64);
    row["disk"] = gauge(|figures| figures.disk as f64);
    row["netin"] = rate(|figures| figures.netin);
    row["netout"] = rate(|figures| figures.netout);
    row["diskread"] = rate(|figures| figures.diskread);
    row["diskwrite"] = rate(|figures| figures.diskwrite);
    match request.version {
        PveVersion::V7_4 | PveVersion::V8_4 => {}
        PveVersion::V9_1 => {
            if guest.kind == GuestKind::Qemu {
                row["memhost"] = gauge(|figures| figures.memhost as f64);
            }
            row["pressurecpusome"] = gauge(|figures| figures.pressure);
            row["pressurecpufull"] = gauge(|figures| figures.pressure);
            for key in ["pressureiosome", "pressureiofull", "pressurememorysome", "pressurememoryfull"] {
                row[key] = json!(0);
            }
        }
    }
    row
}

/// The rows of a node with these guests.
pub(crate) fn node_rows(node: &Node, guests: &[&Guest], request: Request) -> Vec<Value> {
    let asked = &guests[..guests.len().min(GUESTS_ASKED)];
    let factor = guests.len() as f64 / asked.len().max(1) as f64;
    let mut before: Option<Sum> = None;
    request
        .slots()
        .map(|slot| {
            if !slot.complete || !was_watched(node, slot) {
                return slot.row();
            }
            let earlier = before.take().unwrap_or_else(|| sum(asked, slot.from, factor));
            let later = sum(asked, slot.until, factor);
            before = Some(later);
            node_row(node, earlier, later, request.version, slot)
        })
        .collect()
}

fn node_row(node: &Node, earlier: Sum, later: Sum, version: PveVersion, slot: Slot) -> Value {
    let sample = node_sample(node, (later.busy_threads, later.memory_bytes as u64), slot.until);
    let rate = |earlier: f64, later: f64| number((later - earlier).max(0.0) / slot.seconds());
    let mut row = slot.row();
    row["cpu"] = number(sample.cpu);
    row["maxcpu"] = json!(node.threads);
    row["iowait"] = number(sample.cpu / 50.0);
    row["loadavg"] = number(sample.cpu * f64::from(node.threads));
    row["memtotal"] = json!(node.memory_bytes);
    row["memused"] = json!(sample.memory_bytes);
    row["swaptotal"] = json!(8u64 << 30);
    row["swapused"] = json!(0);
    row["roottotal"] = json!(node.root().map_or(0, |root| root.size_bytes));
    row["rootused"] = json!(node.root().map_or(0, |root| root.used_bytes(slot.until.since(node.started))));
    row["netin"] = rate(earlier.netin, later.netin);
    row["netout"] = rate(earlier.netout, later.netout);
    match version {
        PveVersion::V7_4 | PveVersion::V8_4 => {}
        PveVersion::V9_1 => {
            row["memavailable"] = json!(node.memory_bytes - sample.memory_bytes);
            row["arcsize"] = json!(0);
            row["pressurecpusome"] = number(sample.cpu * sample.cpu * 10.0);
            for key in ["pressureiosome", "pressureiofull", "pressurememorysome", "pressurememoryfull"] {
                row[key] = json!(0);
            }
        }
    }
    row
}

/// The rows of a storage as one node saw it.
pub(crate) fn storage_rows(storage: &Storage, node: &Node, request: Request) -> Vec<Value> {
    let row = |slot: Slot| {
        let mut row = slot.row();
        if slot.complete && was_watched(node, slot) {
            row["total"] = json!(storage.size_bytes);
            let up = if storage.shared { 0.0 } else { slot.until.since(node.started) };
            row["used"] = json!(storage.used_bytes(up));
        }
        row
    };
    request.slots().map(row).collect()
}

/// Whether the node was up and in contact for all of the slot.
fn was_watched(node: &Node, slot: Slot) -> bool {
    slot.from >= node.started && node.offline_since.is_none_or(|since| slot.until <= since)
}

/// What the guests of a node take together.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    busy_threads: f64,
    memory_bytes: f64,
    netin: f64,
    netout: f64,
}

fn sum(guests: &[&Guest], moment: Moment, factor: f64) -> Sum {
    let running = guests.iter().filter(|guest| guest.run.as_ref().is_some_and(|run| run.started <= moment));
    running.fold(Sum::default(), |sum, guest| {
        let figures = unbroken_figures(guest, moment);
        Sum {
            busy_threads: sum.busy_threads + factor * figures.cpu * guest.cpus(),
            memory_bytes: sum.memory_bytes + factor * figures.mem.max(figures.memhost) as f64,
            netin: sum.netin + factor * figures.netin as f64,
            netout: sum.netout + factor * figures.netout as f64,
        }
    })
}
