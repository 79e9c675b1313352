DROP INDEX vms_status_idx;
DROP TABLE proxmox_storages;
