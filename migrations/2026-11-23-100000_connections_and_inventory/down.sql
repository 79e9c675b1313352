DROP TABLE vms;
DROP TABLE nodes;
DROP TABLE proxmox_connections;
