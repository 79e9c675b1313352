//! The one line that says that figures are old.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use nexops_core::envelope::Freshness;
use nexops_core::node::Node;
use nexops_core::usage::Usage;
use nexops_core::vm::Vm;

use crate::context::Context;
use crate::format::{age, clean};

/// A thing that is seen through a connection.
pub trait Observed {
    /// The connection's name.
    fn connection(&self) -> &str;
    /// Its current figures.
    fn usage(&self) -> &Usage;
}

impl Observed for Vm {
    fn connection(&self) -> &str {
        &self.connection
    }

    fn usage(&self) -> &Usage {
        &self.usage
    }
}

impl Observed for Node {
    fn connection(&self) -> &str {
        &self.connection
    }

    fn usage(&self) -> &Usage {
        &self.usage
    }
}

/// Warns when what is about to be printed is old.
pub fn warn_if_stale<T: Observed>(context: &Context, freshness: Option<Freshness>, rows: &[T]) {
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
fn silent_connections<T: Observed>(rows: &[T]) -> Vec<&str> {
    let names = |stale: bool| -> BTreeSet<&str> {
        rows.iter().filter(|row| row.usage().stale == stale).map(Observed::connection).collect()
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
