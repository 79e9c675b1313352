//! Tests of the daemon from outside.

mod private_postgres;
mod proxmox;
mod support;
mod vms;
