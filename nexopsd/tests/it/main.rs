//! Tests of the daemon from outside.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod private_postgres;
mod proxmox;
mod support;
mod vms;
