//! Tests of the daemon from outside.

mod proxmox;
