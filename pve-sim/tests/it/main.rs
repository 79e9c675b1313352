//! Drives the simulator over real HTTPS, the way a client does.
#![expect(clippy::unwrap_used, reason = "a test that finds nothing has failed")]

mod agent;
mod binary;
mod control;
mod errors;
mod faults;
mod figures;
mod genuine;
mod history;
mod lists;
mod power;
mod privileges;
mod recordings;
mod remote;
mod schema;
mod support;
mod tasks;
mod transport;
mod versions;
