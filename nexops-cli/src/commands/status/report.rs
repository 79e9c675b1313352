//! The status as people read it.

use chrono::{DateTime, Utc};
use nexops_core::system::{ConnectionHealth, ConnectionStatus};

use super::{Counts, Status};
use crate::cli::Format;
use crate::color::{Tone, paint};
use crate::failure::hint_for;
use crate::format::{UNKNOWN, age, clean, size, span, timestamp};
use crate::output::table::grid;
use crate::output::{Cell, Column, Field, Output, details};

const COLUMNS: &[Column<ConnectionHealth>] = &[
    Column { header: "CONNECTION", cell: |connection, _| Cell::plain(&connection.name) },
    Column { header: "STATUS", cell: |connection, _| state(connection) },
    Column { header: "NODES", cell: |connection, _| Cell::plain(connection.nodes.to_string()) },
    Column { header: "GUESTS", cell: |connection, _| Cell::plain(connection.vms.to_string()) },
    Column { header: "LAST ANSWER", cell: |connection, _| last_answer(connection) },
    Column { header: "CLUSTER", cell: |connection, _| Cell::maybe(connection.cluster.as_deref()) },
    Column { header: "PVE", cell: |connection, _| Cell::maybe(connection.pve_version.as_deref()) },
];

const WIDE_COLUMNS: &[Column<ConnectionHealth>] = &[
    Column {
        header: "QUORATE",
        cell: |connection, _| Cell::maybe(connection.quorate.map(|quorate| quorate.to_string())),
    },
    Column { header: "HOSTS", cell: |connection, _| Cell::plain(connection.hosts.join(",")) },
    Column { header: "ID", cell: |connection, _| Cell::plain(connection.id.to_string()) },
];

/// The connections for CSV.
pub const CONNECTION_FIELDS: &[Field<ConnectionHealth>] = &[
    Field { name: "id", value: |connection| Some(connection.id.to_string()) },
    Field { name: "name", value: |connection| Some(connection.name.clone()) },
    Field { name: "status", value: |connection| Some(connection.status.to_string()) },
    Field { name: "hosts", value: |connection| Some(connection.hosts.join(";")) },
    Field { name: "cluster", value: |connection| connection.cluster.clone() },
    Field { name: "pve_version", value: |connection| connection.pve_version.clone() },
    Field { name: "quorate", value: |connection| connection.quorate.map(|quorate| quorate.to_string()) },
    Field { name: "nodes", value: |connection| Some(connection.nodes.to_string()) },
    Field { name: "vms", value: |connection| Some(connection.vms.to_string()) },
    Field { name: "last_success_at", value: |connection| connection.last_success_at.map(timestamp) },
    Field { name: "lag_seconds", value: |connection| connection.lag_seconds.map(|seconds| seconds.to_string()) },
    Field {
        name: "error_code",
        value: |connection| connection.last_error.as_ref().map(|error| error.code.to_string()),
    },
    Field { name: "error", value: |connection| connection.last_error.as_ref().map(|error| error.message.clone()) },
    Field { name: "warning", value: |connection| connection.warning.clone() },
];

/// Summary, connections, and what is wrong with them.
pub fn render(output: &Output, status: &Status) -> String {
    let system = &status.system;
    let demo = if system.demo { ", demo" } else { "" };
    let tasks = status.running_tasks.as_ref().map(|tasks| format!("{} running", tasks.len()));
    let kind = if system.storage.postgres_private { "private" } else { "external" };
    let mut pairs = vec![
        ("Daemon", Cell::plain(format!("nexopsd {} at {}{demo}", system.version, status.url))),
        ("Uptime", Cell::plain(span(system.uptime_seconds))),
        ("Nodes", counts(status.nodes.as_ref())),
        ("Guests", counts(status.vms.as_ref())),
        ("Tasks", Cell::maybe(tasks)),
    ];
    if output.format == Format::Wide {
        let storage = &system.storage;
        let database = size(storage.database_bytes as f64);
        pairs.push((
            "Collects every",
            Cell::plain(age(i64::try_from(system.collect_interval_seconds).unwrap_or(i64::MAX))),
        ));
        pairs.push(("Database", Cell::plain(format!("PostgreSQL {} ({kind}), {database}", storage.postgres_version))));
    }
    let mut text = details::render(&pairs, output.colored);
    text.push('\n');
    text.push_str(&connections(output, &system.connections));
    for connection in &system.connections {
        text.push_str(&problems(connection, output));
    }
    // What Proxmox does wrong is told with its connection already.
    let told =
        |error: &str| system.connections.iter().filter_map(|c| c.last_error.as_ref()).any(|told| told.message == error);
    for job in &system.jobs {
        if let Some(error) = job.last_error.as_deref().filter(|error| !told(error)) {
            let name =
                clean(&[Some(job.name.as_str()), job.connection.as_deref()].map(Option::unwrap_or_default).join(" "));
            text.push_str(&problem(output, Tone::Odd, name.trim_end(), error));
        }
    }
    text
}

fn connections(output: &Output, connections: &[ConnectionHealth]) -> String {
    if connections.is_empty() {
        return "No connection to Proxmox: set PROXMOX_HOST, PROXMOX_USER, PROXMOX_TOKEN_NAME and PROXMOX_TOKEN_VALUE \
                for nexopsd\n"
            .to_owned();
    }
    let wide: &[Column<ConnectionHealth>] = if output.format == Format::Wide { WIDE_COLUMNS } else { &[] };
    let columns: Vec<&Column<ConnectionHealth>> = COLUMNS.iter().chain(wide).collect();
    let headers: Vec<&str> = columns.iter().map(|column| column.header).collect();
    let row =
        |connection: &ConnectionHealth| columns.iter().map(|column| (column.cell)(connection, output.now)).collect();
    grid(output, &headers, connections.iter().map(row).collect())
}

fn problems(connection: &ConnectionHealth, output: &Output) -> String {
    let mut text = String::new();
    if let Some(error) = &connection.last_error {
        let since = age(seconds_between(error.since, output.now));
        text.push_str(&problem(output, Tone::Bad, &connection.name, &format!("{} (for {since})", error.message)));
        if let Some(hint) = hint_for(error.code).filter(|hint| !hint.contains("nexops status")) {
            text.push_str(&format!("  {hint}\n"));
        }
    }
    if connection.quorate == Some(false) {
        let words = "the cluster has no quorum: guests cannot be started until most of its nodes are back";
        text.push_str(&problem(output, Tone::Bad, &connection.name, words));
    }
    if let Some(warning) = &connection.warning {
        text.push_str(&problem(output, Tone::Odd, &connection.name, warning));
    }
    text
}

fn problem(output: &Output, tone: Tone, name: &str, words: &str) -> String {
    format!("\n{} {}\n", paint(&format!("{}:", clean(name)), tone, output.colored), clean(words))
}

fn seconds_between(since: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    (now - since).num_seconds()
}

fn state(connection: &ConnectionHealth) -> Cell {
    let tone = match connection.status {
        ConnectionStatus::Ok => Tone::Good,
        ConnectionStatus::Limited => Tone::Odd,
        ConnectionStatus::Failing => Tone::Bad,
        ConnectionStatus::Pending => Tone::Dim,
    };
    Cell::new(connection.status.as_str(), tone)
}

fn last_answer(connection: &ConnectionHealth) -> Cell {
    Cell::plain(connection.lag_seconds.map_or_else(|| "never".to_owned(), |seconds| format!("{} ago", span(seconds))))
}

fn counts(counts: Option<&Counts>) -> Cell {
    let Some(counts) = counts else { return Cell::plain(UNKNOWN) };
    if counts.total == 0 {
        return Cell::plain("none");
    }
    let parts: Vec<String> = counts.by_status.iter().map(|(status, count)| format!("{count} {status}")).collect();
    Cell::plain(format!("{} ({})", counts.total, parts.join(", ")))
}
