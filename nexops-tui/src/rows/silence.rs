//! Silences.

use nexops_core::alert::silence::Silence;
use uuid::Uuid;

use crate::format::uptime;
use crate::query::{Filterable, Property};
use crate::table::{Column, Order, Row, stamp};
use crate::theme::Role;
use crate::view::Look;
use crate::widgets::cell::Cell;

impl Filterable for Silence {
    const PROPERTIES: &'static [&'static str] = &["reason", "by", "type"];

    fn property(&self, name: &str) -> Option<Property<'_>> {
        Some(match name {
            "reason" => Property::Text(self.reason.as_str().into()),
            "by" => Property::Text(self.created_by.as_str().into()),
            "type" => Property::Text(self.source_type.map_or("", |kind| kind.as_str()).into()),
            _ => return None,
        })
    }

    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool {
        visit(&self.reason) || visit(&self.created_by)
    }
}

impl Row for Silence {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new(("ends", "LEFT"), 8, 0, left, Order::Number(|silence| Some(stamp(silence.ends_at)))).right(),
        Column::new(("about", "ABOUT"), 16, 0, |silence, look| Cell::text(about(silence, look)), by_kind()).stretch(16),
        Column::new(("rule", "RULE"), 14, 2, |silence, look| Cell::muted(rule(silence, look)), by_rule()).stretch(10),
        Column::new(("reason", "WHY"), 18, 1, |silence, _| Cell::text(silence.reason.clone()), by_reason()).stretch(50),
        Column::new(("by", "BY"), 12, 3, |silence, _| Cell::muted(silence.created_by.clone()), by_person()).stretch(8),
    ];

    fn id(&self) -> Uuid {
        self.id.0
    }
}

const fn by_kind() -> Order<Silence> {
    Order::Text(|silence| match silence.source_type {
        Some(kind) => kind.as_str(),
        None => "",
    })
}

const fn by_rule() -> Order<Silence> {
    Order::Number(|silence| Some(if silence.rule_id.is_some() { 0.0 } else { 1.0 }))
}

const fn by_reason() -> Order<Silence> {
    Order::Text(|silence| &silence.reason)
}

const fn by_person() -> Order<Silence> {
    Order::Text(|silence| &silence.created_by)
}

fn left(silence: &Silence, look: &Look<'_>) -> Cell {
    if silence.starts_at > look.now {
        return Cell::Text("later".into(), Role::Information);
    }
    Cell::text(uptime(Some((silence.ends_at - look.now).num_seconds().max(0))))
}

fn about(silence: &Silence, look: &Look<'_>) -> String {
    match (silence.source_type, silence.source_id) {
        (Some(kind), Some(id)) => look.store.name_of(kind, id),
        (Some(kind), None) => format!("every {kind}"),
        (None, _) => "everything".to_owned(),
    }
}

fn rule(silence: &Silence, look: &Look<'_>) -> String {
    match silence.rule_id {
        Some(id) => look.store.rule(id).map_or_else(|| id.to_string(), |rule| rule.name.clone()),
        None => "every rule".to_owned(),
    }
}
