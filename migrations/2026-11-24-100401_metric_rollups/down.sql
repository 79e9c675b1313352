DROP INDEX tasks_audit_idx;
DROP TABLE metric_rollup_progress;
DROP TABLE metric_rollups_1h;
DROP TABLE metric_rollups_5m;

DO $$
DECLARE
    index regclass;
BEGIN
    FOR index IN SELECT indexrelid::regclass FROM pg_index
                 JOIN pg_inherits ON inhrelid = indrelid WHERE inhparent = 'metric_samples'::regclass LOOP
        EXECUTE format('DROP INDEX %s', index);
    END LOOP;
END $$;

ALTER TABLE metric_samples ADD PRIMARY KEY (series_id, ts) INCLUDE (value);
