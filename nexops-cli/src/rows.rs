//! What each kind of thing shows of itself in tables, descriptions and CSV.

pub mod alert;
pub mod audit;
pub mod channel;
pub mod connection;
pub mod delivery;
pub mod event;
pub mod metrics;
pub mod node;
pub mod service;
pub mod silence;
pub mod task;
pub mod vm;

use nexops_core::usage::Usage;

use crate::color::Tone;
use crate::format::percent;
use crate::output::Cell;

/// A percentage; dim when it is an old one.
fn figure(value: Option<f64>, usage: &Usage) -> Cell {
    Cell::new(percent(value), if usage.stale { Tone::Dim } else { Tone::Plain })
}

/// A percentage with its sign, for descriptions.
fn percentage(value: Option<f64>, usage: &Usage) -> Cell {
    let cell = figure(value, usage);
    match value {
        Some(_) => Cell { text: cell.text + " %", ..cell },
        None => cell,
    }
}
