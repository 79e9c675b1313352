//! The Proxmox client against real sockets.

mod genuine;
mod releases;
mod server;
mod tls;
mod transport;
