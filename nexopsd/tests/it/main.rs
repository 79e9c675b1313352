//! Tests of the daemon from outside.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod database;
mod docs;
mod envelope;
mod health;
mod metrics;
mod nodes;
mod openapi;
mod private_postgres;
mod proxmox;
mod support;
mod system;
mod tasks;
mod tidy;
mod vms;
