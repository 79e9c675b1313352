//! Tests of the daemon from outside.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod audit;
mod cache;
mod collection;
mod database;
mod docs;
mod docs_in_browser;
mod envelope;
mod events;
mod events_recorded;
mod exposition;
mod health;
mod idempotency;
mod insides;
mod inventory_seen;
mod metrics;
mod nodes;
mod openapi;
mod outbound;
mod outbox;
mod overview;
mod power;
mod private_postgres;
mod process;
mod proxmox;
mod recovery;
mod rollup;
mod settings;
mod support;
mod system;
mod tags;
mod tasks;
mod tasks_followed;
mod tidy;
mod vms;
