//! The typed NexOps API, shared by the daemon and every client.
//!
//! A type here is both what travels over HTTP and what the daemon reasons about. The crate knows no runtime, no database
//! and no web framework, so that anybody can build a client on it.
//!
//! Rules that hold for every wire type: JSON is `snake_case`, times are RFC 3339 in UTC with `Z`, percentages are
//! 0..=100, `*_mb` is MiB, `*_gb` is GiB, and what is not known is `null`, never 0.
#![deny(missing_docs)]

pub mod alert;
pub mod audit;
pub mod client;
pub mod envelope;
pub mod error;
pub mod event;
pub mod id;
pub mod metric;
pub mod node;
pub mod notification;
pub mod overview;
pub mod page;
pub mod profile;
pub mod secret;
pub mod service;
pub mod settings;
pub mod system;
pub mod task;
pub mod text;
pub mod usage;
pub mod vm;

/// The default of what is on unless somebody switches it off.
pub(crate) const fn yes() -> bool {
    true
}
