//! Services.

use chrono::{DateTime, Utc};
use nexops_core::service::{Service, ServiceHistory, ServiceStatus, StatusChange, Uptime};

use crate::color::Tone;
use crate::format::{UNKNOWN, ago, clean, span, timestamp};
use crate::output::{Cell, Column, Field, Row};

impl Row for Service {
    const NARROW: &'static [Column<Self>] = &[
        Column { header: "NAME", cell: |service, _| Cell::plain(&service.name) },
        Column { header: "STATUS", cell: |service, _| status(service.status) },
        Column { header: "UPTIME 24H", cell: |service, _| Cell::plain(uptime(service.uptime_24h)) },
        Column { header: "LATENCY", cell: |service, _| Cell::plain(latency(service)) },
        Column { header: "CHECKED", cell: |service, now| checked(service, now) },
        Column { header: "VM", cell: |service, _| Cell::maybe(vm(service)) },
        Column { header: "REASON", cell: |service, _| Cell::maybe(reason(service)) },
    ];
    const WIDE: &'static [Column<Self>] = &[
        Column { header: "TYPE", cell: |service, _| Cell::plain(service.kind.as_str()) },
        Column { header: "NAMESPACE", cell: |service, _| Cell::maybe(service.namespace.as_deref()) },
        Column { header: "URL", cell: |service, _| Cell::maybe(service.health_check_url.as_deref()) },
        Column { header: "CERTIFICATE", cell: |service, now| Cell::maybe(certificate(service, now)) },
        Column { header: "ID", cell: |service, _| Cell::plain(service.id.to_string()) },
    ];
    const FIELDS: &'static [Field<Self>] = &[
        Field { name: "id", value: |service| Some(service.id.to_string()) },
        Field { name: "name", value: |service| Some(service.name.clone()) },
        Field { name: "status", value: |service| Some(service.status.to_string()) },
        Field { name: "status_reason", value: |service| service.status_reason.clone() },
        Field { name: "status_since", value: |service| Some(timestamp(service.status_since)) },
        Field { name: "explanation", value: |service| service.explanation.clone() },
        Field { name: "type", value: |service| Some(service.kind.to_string()) },
        Field { name: "namespace", value: |service| service.namespace.clone() },
        Field { name: "health_check_url", value: |service| service.health_check_url.clone() },
        Field { name: "vmid", value: |service| service.vm.as_ref().map(|vm| vm.vmid.to_string()) },
        Field { name: "enabled", value: |service| Some(service.enabled.to_string()) },
        Field { name: "last_health_check", value: |service| service.last_health_check.map(timestamp) },
        Field { name: "failures", value: |service| Some(service.failures.to_string()) },
        Field { name: "last_error", value: |service| service.last_error.clone() },
        Field { name: "response_time_ms", value: |service| service.response_time_ms.map(|ms| ms.to_string()) },
        Field { name: "certificate_expires_at", value: |service| service.certificate_expires_at.map(timestamp) },
        Field { name: "uptime_24h", value: |service| service.uptime_24h.map(|percent| percent.to_string()) },
        Field { name: "version", value: |service| Some(service.version.to_string()) },
        Field { name: "created_at", value: |service| Some(timestamp(service.created_at)) },
        Field { name: "updated_at", value: |service| Some(timestamp(service.updated_at)) },
    ];

    fn name(&self) -> String {
        clean(&self.name)
    }
}

impl Row for StatusChange {
    const NARROW: &'static [Column<Self>] = &[
        Column { header: "SINCE", cell: |change, _| Cell::plain(timestamp(change.since)) },
        Column { header: "STATUS", cell: |change, _| status(change.status) },
        Column {
            header: "FOR",
            cell: |change, now| Cell::plain(span((change.until.unwrap_or(now) - change.since).num_seconds())),
        },
        Column { header: "REASON", cell: |change, _| Cell::maybe(change.reason.as_deref()) },
    ];
    const WIDE: &'static [Column<Self>] = &[];
    const FIELDS: &'static [Field<Self>] = &[
        Field { name: "since", value: |change| Some(timestamp(change.since)) },
        Field { name: "until", value: |change| change.until.map(timestamp) },
        Field { name: "status", value: |change| Some(change.status.to_string()) },
        Field { name: "reason", value: |change| change.reason.clone() },
    ];

    fn name(&self) -> String {
        timestamp(self.since)
    }
}

fn status(status: ServiceStatus) -> Cell {
    let tone = match status {
        ServiceStatus::Healthy => Tone::Good,
        ServiceStatus::Unhealthy => Tone::Bad,
        ServiceStatus::Degraded | ServiceStatus::Unknown => Tone::Odd,
    };
    Cell::new(status.as_str(), tone)
}

/// Percent; all of it is only what was never down.
fn uptime(percent: Option<f64>) -> String {
    match percent {
        None => UNKNOWN.to_owned(),
        Some(percent) if percent >= 100.0 => "100 %".to_owned(),
        Some(percent) => format!("{:.2} %", (percent * 100.0).floor() / 100.0),
    }
}

fn latency(service: &Service) -> String {
    service.response_time_ms.map_or_else(|| UNKNOWN.to_owned(), |milliseconds| format!("{milliseconds:.0} ms"))
}

fn checked(service: &Service, now: DateTime<Utc>) -> Cell {
    Cell::maybe(service.last_health_check.map(|time| ago(time, now)))
}

fn vm(service: &Service) -> Option<String> {
    service.vm.as_ref().map(|vm| format!("{} {}", vm.vmid, vm.name))
}

/// Why it does not fare well: what explains it first.
fn reason(service: &Service) -> Option<String> {
    match (&service.explanation, service.status_reason.as_ref().or(service.last_error.as_ref())) {
        (Some(explanation), _) => Some(explanation.clone()),
        (None, reason) => reason.cloned(),
    }
}

fn certificate(service: &Service, now: DateTime<Utc>) -> Option<String> {
    let left = (service.certificate_expires_at? - now).num_days();
    Some(if left < 0 { "ended".to_owned() } else { format!("{left} d") })
}

/// A service in a line, as a check tells it.
pub fn line(service: &Service) -> String {
    let took = service.response_time_ms.map(|ms| format!(", {ms:.0} ms")).unwrap_or_default();
    let reason = reason(service).map(|reason| format!(": {reason}")).unwrap_or_default();
    clean(&format!("service {}: {}{took}{reason}", service.name, service.status))
}

/// A service, key by key.
pub fn describe(service: &Service, now: DateTime<Utc>) -> Vec<(&'static str, Cell)> {
    let check = &service.check;
    let slow = check.degraded_above_ms.map(|limit| format!("{limit} ms"));
    vec![
        ("Name", Cell::plain(&service.name)),
        ("Description", Cell::maybe((!service.description.is_empty()).then_some(&service.description))),
        ("Status", status(service.status)),
        ("Since", Cell::plain(ago(service.status_since, now))),
        ("Reason", Cell::maybe(service.status_reason.as_deref())),
        ("Explanation", Cell::maybe(service.explanation.as_deref())),
        ("Last check", checked(service, now)),
        ("Last error", Cell::maybe(service.last_error.as_deref())),
        ("Failures", Cell::plain(service.failures.to_string())),
        ("Latency", Cell::plain(latency(service))),
        ("Uptime 24 h", Cell::plain(uptime(service.uptime_24h))),
        ("Certificate", Cell::maybe(certificate(service, now))),
        ("Type", Cell::plain(service.kind.as_str())),
        ("VM", Cell::maybe(vm(service))),
        ("Namespace", Cell::maybe(service.namespace.as_deref())),
        ("Checked", Cell::plain(if service.enabled { "yes" } else { "paused" })),
        ("URL", Cell::maybe(service.health_check_url.as_deref())),
        ("Expects", Cell::plain(check.expected_status.to_string())),
        ("Contains", Cell::maybe(check.body_contains.as_deref())),
        ("Patience", Cell::plain(format!("{} s", check.timeout_seconds))),
        ("Retries", Cell::plain(check.retries.to_string())),
        ("Slow after", Cell::maybe(slow)),
        ("Warns of certificate", Cell::plain(format!("{} d", check.certificate_warning_days))),
        ("Verifies TLS", Cell::plain(if check.verify_tls { "yes" } else { "no" })),
        ("Version", Cell::plain(service.version.to_string())),
        ("ID", Cell::plain(service.id.to_string())),
    ]
}

/// How much of each span a service was up.
pub fn describe_uptime(history: &ServiceHistory) -> Vec<(&'static str, Cell)> {
    let line = |up: &Uptime| {
        let seconds = |value: f64| span(value.round() as i64);
        let words = format!(
            "{} (down {}, unknown {})",
            uptime(up.percent),
            seconds(up.down_seconds),
            seconds(up.unknown_seconds)
        );
        (up.range.as_str(), Cell::plain(words))
    };
    history.uptime.iter().map(line).collect()
}
