//! The Proxmox client against real sockets.

mod genuine;
mod recordings;
mod releases;
mod server;
mod tls;
mod transport;
