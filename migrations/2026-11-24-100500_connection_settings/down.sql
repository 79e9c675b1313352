ALTER TABLE proxmox_connections DROP COLUMN managed, DROP COLUMN revision;
