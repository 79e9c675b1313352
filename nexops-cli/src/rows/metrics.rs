//! Measurements.

use chrono::{DateTime, Utc};
use nexops_core::metric::{Metric, SourceSeries, Unit};
use nexops_core::overview::{Consumer, Overview};
use serde::Serialize;

use crate::color::Tone;
use crate::format::{UNKNOWN, gibibytes, mebibytes, percent, share, timestamp};
use crate::output::{Cell, Column, Field, Row};

/// One point of one series, as a row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    metric_name: Metric,
    unit: Unit,
    t: DateTime<Utc>,
    avg: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
}

/// Every point of every series.
pub fn points(history: &SourceSeries) -> Vec<Measured> {
    let of_series = history.series.iter().flat_map(|series| {
        series.points.iter().map(|point| Measured {
            metric_name: series.metric_name,
            unit: series.unit,
            t: point.t,
            avg: point.avg,
            min: point.min,
            max: point.max,
        })
    });
    of_series.collect()
}

impl Row for Measured {
    const NARROW: &'static [Column<Self>] = &[
        Column { header: "METRIC", cell: |point, _| Cell::plain(point.metric_name.as_str()) },
        Column { header: "TIME", cell: |point, _| Cell::plain(timestamp(point.t)) },
        Column { header: "AVG", cell: |point, _| Cell::plain(percent(point.avg)) },
        Column { header: "MIN", cell: |point, _| Cell::plain(percent(point.min)) },
        Column { header: "MAX", cell: |point, _| Cell::plain(percent(point.max)) },
        Column { header: "UNIT", cell: |point, _| Cell::plain(point.unit.as_str()) },
    ];
    const WIDE: &'static [Column<Self>] = &[];
    const FIELDS: &'static [Field<Self>] = &[
        Field { name: "metric_name", value: |point| Some(point.metric_name.to_string()) },
        Field { name: "unit", value: |point| Some(point.unit.to_string()) },
        Field { name: "t", value: |point| Some(timestamp(point.t)) },
        Field { name: "avg", value: |point| point.avg.map(|value| value.to_string()) },
        Field { name: "min", value: |point| point.min.map(|value| value.to_string()) },
        Field { name: "max", value: |point| point.max.map(|value| value.to_string()) },
    ];

    fn name(&self) -> String {
        self.metric_name.to_string()
    }
}

impl Row for Consumer {
    const NARROW: &'static [Column<Self>] = &[
        Column { header: "VMID", cell: |guest, _| Cell::plain(guest.vmid.to_string()) },
        Column { header: "NAME", cell: |guest, _| Cell::plain(&guest.name) },
        Column { header: "NODE", cell: |guest, _| Cell::plain(&guest.node) },
        Column { header: "CPU%", cell: |guest, _| Cell::plain(percent(guest.cpu_usage)) },
        Column { header: "MEM%", cell: |guest, _| Cell::plain(percent(guest.memory_usage)) },
    ];
    const WIDE: &'static [Column<Self>] = &[
        Column { header: "STATUS", cell: |guest, _| Cell::plain(guest.status.as_str()) },
        Column { header: "CONNECTION", cell: |guest, _| Cell::plain(&guest.connection) },
        Column { header: "ID", cell: |guest, _| Cell::plain(guest.id.to_string()) },
    ];
    const FIELDS: &'static [Field<Self>] = &[
        Field { name: "id", value: |guest| Some(guest.id.to_string()) },
        Field { name: "vmid", value: |guest| Some(guest.vmid.to_string()) },
        Field { name: "name", value: |guest| Some(guest.name.clone()) },
        Field { name: "node", value: |guest| Some(guest.node.clone()) },
        Field { name: "connection", value: |guest| Some(guest.connection.clone()) },
        Field { name: "status", value: |guest| Some(guest.status.to_string()) },
        Field { name: "cpu_usage", value: |guest| guest.cpu_usage.map(|value| value.to_string()) },
        Field { name: "memory_usage", value: |guest| guest.memory_usage.map(|value| value.to_string()) },
        Field { name: "load", value: |guest| Some(guest.load.to_string()) },
    ];

    fn name(&self) -> String {
        self.vmid.to_string()
    }
}

/// Everything at a glance, key by key.
pub fn describe(overview: &Overview) -> Vec<(&'static str, Cell)> {
    let Overview { nodes, vms, services, alerts, cpu, memory, disk, top_vms: _ } = overview;
    vec![
        (
            "Nodes",
            counts(
                nodes.total,
                &[
                    (nodes.online, "online", Tone::Good),
                    (nodes.offline, "offline", Tone::Bad),
                    (nodes.maintenance, "maintenance", Tone::Odd),
                    (nodes.unknown, "unknown", Tone::Odd),
                ],
            ),
        ),
        (
            "Guests",
            counts(
                vms.total,
                &[
                    (vms.running, "running", Tone::Good),
                    (vms.stopped, "stopped", Tone::Plain),
                    (vms.paused, "paused", Tone::Odd),
                    (vms.error, "error", Tone::Bad),
                    (vms.unknown, "unknown", Tone::Odd),
                ],
            ),
        ),
        (
            "Services",
            counts(
                services.total,
                &[
                    (services.healthy, "healthy", Tone::Good),
                    (services.degraded, "degraded", Tone::Odd),
                    (services.unhealthy, "unhealthy", Tone::Bad),
                    (services.unknown, "unknown", Tone::Odd),
                ],
            ),
        ),
        (
            "Active alerts",
            counts(
                alerts.active,
                &[
                    (alerts.critical, "critical", Tone::Bad),
                    (alerts.warning, "warning", Tone::Odd),
                    (alerts.info, "info", Tone::Plain),
                    (alerts.acknowledged, "acknowledged", Tone::Plain),
                ],
            ),
        ),
        ("CPU", gauge(cpu.usage, cpu.used_cores.map(|used| format!("{used:.1}/{} cores", cpu.total_cores)))),
        (
            "Memory",
            gauge(memory.usage, memory.used_mb.map(|used| share(Some(mebibytes(used)), mebibytes(memory.total_mb)))),
        ),
        ("Storage", gauge(disk.usage, disk.used_gb.map(|used| share(Some(gibibytes(used)), gibibytes(disk.total_gb))))),
    ]
}

/// How many there are, and how many of them are how; the worst that there is gives the tone.
fn counts(total: i64, by_status: &[(i64, &str, Tone)]) -> Cell {
    let present: Vec<_> = by_status.iter().filter(|(count, _, _)| *count > 0).collect();
    let words: Vec<String> = present.iter().map(|(count, word, _)| format!("{count} {word}")).collect();
    let has = |wanted: Tone| present.iter().any(|(_, _, tone)| *tone == wanted);
    let tone = if has(Tone::Bad) {
        Tone::Bad
    } else if has(Tone::Odd) {
        Tone::Odd
    } else {
        Tone::Plain
    };
    if words.is_empty() {
        Cell::plain(total.to_string())
    } else {
        Cell::new(format!("{total} ({})", words.join(", ")), tone)
    }
}

fn gauge(usage: Option<f64>, amount: Option<String>) -> Cell {
    match (usage, amount) {
        (Some(usage), Some(amount)) => Cell::plain(format!("{usage:.1} % ({amount})")),
        (_, Some(amount)) => Cell::plain(amount),
        (_, None) => Cell::plain(UNKNOWN),
    }
}
