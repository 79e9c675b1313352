//! The audit log.

use nexops_core::audit::{AuditEntry, Outcome};

use crate::color::Tone;
use crate::format::{ago, timestamp};
use crate::output::{Cell, Column, Field, Row};

impl Row for AuditEntry {
    const NARROW: &'static [Column<Self>] = &[
        Column { header: "WHEN", cell: |entry, now| Cell::plain(ago(entry.timestamp, now)) },
        Column { header: "ACTOR", cell: |entry, _| Cell::plain(&entry.actor) },
        Column { header: "ACTION", cell: |entry, _| Cell::plain(&entry.action) },
        Column { header: "WHAT", cell: |entry, _| Cell::plain(subject(entry)) },
        Column { header: "OUTCOME", cell: |entry, _| outcome(entry) },
        Column { header: "WHY", cell: |entry, _| Cell::maybe(reason(entry)) },
    ];
    const WIDE: &'static [Column<Self>] = &[
        Column { header: "FROM", cell: |entry, _| Cell::plain(&entry.ip_address) },
        Column { header: "REQUEST", cell: |entry, _| Cell::maybe(entry.request_id.as_deref()) },
        Column { header: "TIME", cell: |entry, _| Cell::plain(timestamp(entry.timestamp)) },
        Column { header: "ID", cell: |entry, _| Cell::plain(entry.id.to_string()) },
    ];
    const FIELDS: &'static [Field<Self>] = &[
        Field { name: "id", value: |entry| Some(entry.id.to_string()) },
        Field { name: "timestamp", value: |entry| Some(timestamp(entry.timestamp)) },
        Field { name: "actor", value: |entry| Some(entry.actor.clone()) },
        Field { name: "action", value: |entry| Some(entry.action.clone()) },
        Field { name: "resource_type", value: |entry| Some(entry.resource_type.clone()) },
        Field { name: "resource_id", value: |entry| Some(entry.resource_id.to_string()) },
        Field { name: "outcome", value: |entry| Some(entry.outcome.to_string()) },
        Field { name: "ip_address", value: |entry| Some(entry.ip_address.clone()) },
        Field { name: "request_id", value: |entry| entry.request_id.clone() },
        Field { name: "details", value: |entry| Some(entry.details.to_string()) },
    ];

    fn name(&self) -> String {
        self.id.to_string()
    }
}

/// The thing by the name and number that it had, or by its id where the row holds no name.
fn subject(entry: &AuditEntry) -> String {
    let vmid = entry.details["vmid"].as_i64().map(|vmid| vmid.to_string());
    let name = entry.details["name"].as_str().map(str::to_owned);
    let known: Vec<String> = [vmid, name].into_iter().flatten().collect();
    let known = if known.is_empty() { entry.resource_id.to_string() } else { known.join(" ") };
    format!("{} {known}", entry.resource_type)
}

fn outcome(entry: &AuditEntry) -> Cell {
    let tone = match entry.outcome {
        Outcome::Succeeded => Tone::Good,
        Outcome::Failed => Tone::Bad,
        Outcome::Pending | Outcome::Unknown => Tone::Odd,
    };
    Cell::new(entry.outcome.as_str(), tone)
}

/// Why it did not succeed, in the words of who refused.
fn reason(entry: &AuditEntry) -> Option<&str> {
    let words = ["refusal", "exit_status"].into_iter().find_map(|key| entry.details[key].as_str());
    words.filter(|_| entry.outcome != Outcome::Succeeded)
}
