//! A simulated Proxmox VE API server, as unkind as the real one.
//!
//! [`start`] listens with HTTPS and a certificate of its own and serves a made-up cluster that
//! moves with time. [`Simulator::control`] tells the truth behind the API and breaks things.
#![deny(missing_docs)]

mod agent;
mod answers;
mod auth;
mod clock;
mod config;
mod control;
mod faults;
mod figures;
mod guest;
mod history;
mod matrix;
mod metrics;
mod node;
mod parameters;
mod power;
mod random;
mod remote;
mod request;
mod resources;
mod routes;
mod seed;
mod server;
mod simulator;
mod statistics;
mod tasks;
mod tls;
mod version;
mod views;
mod world;

pub use hyper::Method;

pub use crate::agent::Agent;
pub use crate::auth::{Privileges, Token};
pub use crate::config::Config;
pub use crate::control::{Control, RequestSeen};
pub use crate::faults::{Fault, FaultKind};
pub use crate::guest::{GuestFacts, GuestKind, NewGuest, State};
pub use crate::simulator::{Simulator, start};
pub use crate::version::PveVersion;
