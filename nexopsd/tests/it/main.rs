//! Tests of the daemon from outside.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod collection;
mod inventory_seen;
mod power;
mod private_postgres;
mod process;
mod proxmox;
mod recovery;
mod support;
mod tasks_followed;
mod vms;
