mod private_postgres;
mod proxmox;
