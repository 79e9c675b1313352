DROP TRIGGER touch_inventory ON proxmox_connections;
DROP TRIGGER touch_inventory ON metric_latest;
DROP TRIGGER touch_inventory ON nodes;
DROP TRIGGER touch_inventory ON vms;
DROP TABLE inventory_touches;
DROP FUNCTION renew_inventory_version;
DROP FUNCTION touch_inventory;
DROP TABLE inventory_version;
