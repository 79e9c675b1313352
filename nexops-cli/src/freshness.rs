//! The one line that says that figures are old.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use nexops_core::envelope::Freshness;
use nexops_core::usage::Usage;

use crate::context::Context;
use crate::format::{age, clean};
use crate::output::Row;

/// Warns when what is about to be printed is old.
pub fn warn_if_stale<T: Row>(context: &Context, freshness: Option<Freshness>, rows: &[T]) {
    if let Some(Freshness { observed_at, stale: true }) = freshness {
        context.talk.warn(&sentence(observed_at, &silent_connections(rows), context.output.now));
    }
}

/// Warns when the figures of one thing are old.
pub fn warn_if_usage_stale(context: &Context, usage: &Usage) {
    if usage.stale {
        context.talk.warn(&sentence(usage.observed_at, &[], context.output.now));
    }
}

/// Connections of which nothing fresh is there. Where some of it is fresh, the connection answers and a node is silent.
fn silent_connections<T: Row>(rows: &[T]) -> Vec<&str> {
    let names = |stale: bool| -> BTreeSet<&str> {
        let observed = rows.iter().filter_map(Row::observed);
        observed.filter(|(_, usage)| usage.stale == stale).map(|(connection, _)| connection).collect()
    };
    names(true).difference(&names(false)).copied().collect()
}

fn sentence(observed_at: Option<DateTime<Utc>>, connections: &[&str], now: DateTime<Utc>) -> String {
    let what = match observed_at {
        Some(time) => format!("figures are {} old", age((now - time).num_seconds())),
        None => "some figures were never seen".to_owned(),
    };
    let names = clean(&connections.join(", "));
    match connections.len() {
        0 => format!("{what}: see `nexops status`"),
        1 => format!("{what}: connection {names} does not answer"),
        _ => format!("{what}: connections {names} do not answer"),
    }
}
