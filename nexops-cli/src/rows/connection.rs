//! Connections to Proxmox, and trials of them.

use chrono::{DateTime, Utc};
use nexops_core::settings::{ProxmoxConnection, ProxmoxTrial};

use crate::color::Tone;
use crate::format::{ago, timestamp};
use crate::output::{Cell, Column, Field, Row};

impl Row for ProxmoxConnection {
    const NARROW: &'static [Column<Self>] = &[
        Column { header: "NAME", cell: |connection, _| Cell::plain(&connection.name) },
        Column { header: "STATUS", cell: |connection, _| status(connection) },
        Column { header: "CLUSTER", cell: |connection, _| Cell::maybe(connection.cluster.as_deref()) },
        Column { header: "VERSION", cell: |connection, _| Cell::maybe(connection.pve_version.as_deref()) },
        Column { header: "HOSTS", cell: |connection, _| Cell::plain(connection.hosts.join(", ")) },
        Column { header: "TOKEN", cell: |connection, _| Cell::plain(token(connection)) },
        Column { header: "LAST SEEN", cell: |connection, now| seen(connection, now) },
    ];
    const WIDE: &'static [Column<Self>] = &[
        Column { header: "MANAGED BY", cell: |connection, _| Cell::plain(managed_by(connection)) },
        Column { header: "SAME AS", cell: |connection, _| Cell::maybe(connection.same_cluster_as.as_deref()) },
        Column { header: "ID", cell: |connection, _| Cell::plain(connection.id.to_string()) },
    ];
    const FIELDS: &'static [Field<Self>] = &[
        Field { name: "id", value: |connection| Some(connection.id.to_string()) },
        Field { name: "name", value: |connection| Some(connection.name.clone()) },
        Field { name: "status", value: |connection| Some(status(connection).text) },
        Field { name: "hosts", value: |connection| Some(connection.hosts.join(";")) },
        Field { name: "port", value: |connection| Some(connection.port.to_string()) },
        Field { name: "user", value: |connection| Some(connection.user.clone()) },
        Field { name: "token_name", value: |connection| Some(connection.token_name.clone()) },
        Field { name: "has_token", value: |connection| Some(connection.has_token.to_string()) },
        Field { name: "verify_tls", value: |connection| Some(connection.verify_tls.to_string()) },
        Field { name: "fingerprint", value: |connection| connection.fingerprint.clone() },
        Field { name: "enabled", value: |connection| Some(connection.enabled.to_string()) },
        Field {
            name: "managed_by_environment",
            value: |connection| Some(connection.managed_by_environment.to_string()),
        },
        Field { name: "cluster", value: |connection| connection.cluster.clone() },
        Field { name: "pve_version", value: |connection| connection.pve_version.clone() },
        Field { name: "same_cluster_as", value: |connection| connection.same_cluster_as.clone() },
        Field { name: "last_success_at", value: |connection| connection.last_success_at.map(timestamp) },
        Field {
            name: "last_error",
            value: |connection| connection.last_error.as_ref().map(|error| error.message.clone()),
        },
    ];

    fn name(&self) -> String {
        self.name.clone()
    }
}

fn status(connection: &ProxmoxConnection) -> Cell {
    match (connection.enabled, &connection.last_error, &connection.warning, connection.last_success_at) {
        (false, _, _, _) => Cell::new("disabled", Tone::Dim),
        (true, Some(_), _, _) => Cell::new("failing", Tone::Bad),
        (true, None, _, None) => Cell::new("pending", Tone::Odd),
        (true, None, Some(_), Some(_)) => Cell::new("limited", Tone::Odd),
        (true, None, None, Some(_)) => Cell::new("ok", Tone::Good),
    }
}

fn token(connection: &ProxmoxConnection) -> String {
    format!("{}!{}", connection.user, connection.token_name)
}

fn managed_by(connection: &ProxmoxConnection) -> &'static str {
    if connection.managed_by_environment { "environment" } else { "settings" }
}

fn seen(connection: &ProxmoxConnection, now: DateTime<Utc>) -> Cell {
    Cell::maybe(connection.last_success_at.map(|time| ago(time, now)))
}

/// A connection, key by key.
pub fn describe(connection: &ProxmoxConnection, now: DateTime<Utc>) -> Vec<(&'static str, Cell)> {
    let certificates = match (&connection.fingerprint, connection.verify_tls) {
        (Some(fingerprint), _) => Cell::plain(fingerprint),
        (None, true) => Cell::plain("those this machine trusts"),
        (None, false) => Cell::new("any", Tone::Odd),
    };
    let secret = if connection.has_token { Cell::plain("known") } else { Cell::new("missing", Tone::Bad) };
    let mut lines = vec![
        ("Name", Cell::plain(&connection.name)),
        ("Status", status(connection)),
        ("Hosts", Cell::plain(connection.hosts.join(", "))),
        ("Port", Cell::plain(connection.port.to_string())),
        ("Token", Cell::plain(token(connection))),
        ("Its secret", secret),
        ("Certificates", certificates),
        ("Managed by", Cell::plain(managed_by(connection))),
        ("Cluster", Cell::maybe(connection.cluster.as_deref())),
        ("Version", Cell::maybe(connection.pve_version.as_deref())),
        ("Last seen", seen(connection, now)),
    ];
    if let Some(other) = &connection.same_cluster_as {
        lines.push(("Same cluster as", Cell::new(other, Tone::Odd)));
    }
    if let Some(error) = &connection.last_error {
        lines.push(("Problem", Cell::new(&error.message, Tone::Bad)));
    }
    if let Some(warning) = &connection.warning {
        lines.push(("Warning", Cell::new(warning, Tone::Odd)));
    }
    lines.push(("Changed", Cell::plain(ago(connection.updated_at, now))));
    lines.push(("ID", Cell::plain(connection.id.to_string())));
    lines
}

/// A trial, key by key.
pub fn describe_trial(trial: &ProxmoxTrial) -> Vec<(&'static str, Cell)> {
    let works = if trial.works { Cell::new("yes", Tone::Good) } else { Cell::new("no", Tone::Bad) };
    let mut lines = vec![("Works", works)];
    if let Some(problem) = &trial.problem {
        lines.push(("Problem", Cell::new(&problem.message, Tone::Bad)));
    }
    if let Some(certificate) = &trial.certificate {
        let tone = if certificate.accepted { Tone::Plain } else { Tone::Bad };
        lines.push(("Host", Cell::plain(&certificate.host)));
        lines.push(("Certificate", Cell::new(&certificate.fingerprint, tone)));
    }
    if trial.works {
        lines.push(("Version", Cell::maybe(trial.pve_version.as_deref())));
        lines.push(("Cluster", Cell::maybe(trial.cluster.as_deref())));
        lines.push(("Nodes", Cell::maybe(trial.nodes.map(|count| count.to_string()))));
        lines.push(("Guests", Cell::maybe(trial.vms.map(|count| count.to_string()))));
    }
    if let Some(other) = &trial.same_cluster_as {
        lines.push(("Same cluster as", Cell::new(other, Tone::Odd)));
    }
    for missing in &trial.missing_privileges {
        let text = format!("{} on {}: {}", missing.privilege, missing.path, missing.without_it);
        lines.push(("Missing", Cell::new(text, Tone::Odd)));
    }
    if let Some(grant) = &trial.grant {
        let keys = std::iter::once("Grant it with").chain(std::iter::repeat(""));
        lines.extend(keys.zip(grant.lines().map(Cell::plain)));
    }
    lines
}
