ALTER TABLE proxmox_connections DROP COLUMN collected_at;
