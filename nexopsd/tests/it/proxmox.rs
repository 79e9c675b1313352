//! The Proxmox client against real sockets.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod genuine;
mod recorded;
mod recordings;
mod server;
mod tls;
mod transport;
