ALTER TABLE metric_latest DROP COLUMN memory_source;
ALTER TABLE vms DROP COLUMN birthmark;
DROP TABLE guest_insides;
