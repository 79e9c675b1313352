//! Silences.

use chrono::{DateTime, Utc};
use nexops_core::alert::silence::Silence;

use crate::color::Tone;
use crate::format::{span, timestamp};
use crate::output::{Cell, Column, Field, Row};

impl Row for Silence {
    const NARROW: &'static [Column<Self>] = &[
        Column { header: "ID", cell: |silence, _| Cell::plain(silence.id.to_string()) },
        Column { header: "ENDS", cell: |silence, now| ends(silence, now) },
        Column { header: "BY", cell: |silence, _| Cell::plain(&silence.created_by) },
        Column { header: "REASON", cell: |silence, _| Cell::plain(&silence.reason) },
    ];
    const WIDE: &'static [Column<Self>] = &[
        Column { header: "SOURCE", cell: |silence, _| Cell::maybe(silence.source_type.map(|kind| kind.as_str())) },
        Column { header: "SOURCE ID", cell: |silence, _| Cell::maybe(silence.source_id.map(|id| id.to_string())) },
        Column { header: "RULE ID", cell: |silence, _| Cell::maybe(silence.rule_id.map(|id| id.to_string())) },
    ];
    const FIELDS: &'static [Field<Self>] = &[
        Field { name: "id", value: |silence| Some(silence.id.to_string()) },
        Field { name: "source_type", value: |silence| silence.source_type.map(|kind| kind.to_string()) },
        Field { name: "source_id", value: |silence| silence.source_id.map(|id| id.to_string()) },
        Field { name: "rule_id", value: |silence| silence.rule_id.map(|id| id.to_string()) },
        Field { name: "reason", value: |silence| Some(silence.reason.clone()) },
        Field { name: "created_by", value: |silence| Some(silence.created_by.clone()) },
        Field { name: "starts_at", value: |silence| Some(timestamp(silence.starts_at)) },
        Field { name: "ends_at", value: |silence| Some(timestamp(silence.ends_at)) },
        Field { name: "created_at", value: |silence| Some(timestamp(silence.created_at)) },
    ];

    fn name(&self) -> String {
        self.id.to_string()
    }
}

fn ends(silence: &Silence, now: DateTime<Utc>) -> Cell {
    let left = (silence.ends_at - now).num_seconds();
    match (left > 0, silence.starts_at > now) {
        (false, _) => Cell::new(format!("{} ago", span(-left)), Tone::Dim),
        (true, true) => Cell::new(format!("in {}, not yet begun", span(left)), Tone::Odd),
        (true, false) => Cell::plain(format!("in {}", span(left))),
    }
}
