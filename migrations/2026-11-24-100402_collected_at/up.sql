-- Up to when figures were collected through a connection: what lies between that and now was missed.
ALTER TABLE proxmox_connections ADD COLUMN collected_at timestamptz;
