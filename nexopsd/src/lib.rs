//! The NexOps daemon: it watches Proxmox VE, keeps what it sees in PostgreSQL, serves the HTTP API, and obeys.
//!
//! `docs/architecture.md` shows the whole house. In short: Proxmox → [`jobs`] → [`db`] → [`api`] → clients, and power
//! actions back through [`power`].
#![deny(missing_docs)]

pub mod alerting;
pub mod api;
pub mod app;
pub mod cache;
pub mod channels;
pub mod check;
pub mod config;
pub mod connections;
pub mod db;
pub mod events;
pub mod exposition;
pub mod figures;
pub mod health;
pub mod inventory;
pub mod jobs;
pub mod lease;
pub mod notify;
pub mod outbound;
pub mod postgres;
pub mod power;
pub mod privileges;
pub mod probe;
pub mod proxmox;
pub mod secret;
pub mod seed;
pub mod serve;
pub mod start;
pub mod telemetry;
pub mod tls;
