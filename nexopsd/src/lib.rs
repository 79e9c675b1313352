//! nexopsd

pub mod proxmox;
