//! The NexOps daemon: it watches Proxmox VE, keeps what it sees in PostgreSQL, serves the HTTP API, and obeys.
#![deny(missing_docs)]

pub mod postgres;
pub mod proxmox;
