-- Rollups of the samples, and partitions that are laid out for what happens to them.

-- Each partition gets its own indexes from now on. While samples still come it needs the one that keeps a sample from
-- being there twice, and one that finds the latest by time. Once its day is over it is rewritten series by series, and a
-- much smaller index is enough.
ALTER TABLE metric_samples DROP CONSTRAINT metric_samples_pkey;

DO $$
DECLARE
    child regclass;
BEGIN
    FOR child IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'metric_samples'::regclass LOOP
        EXECUTE format('CREATE UNIQUE INDEX ON %s (series_id, ts)', child);
        EXECUTE format('CREATE INDEX ON %s USING brin (ts) WITH (pages_per_range = 32)', child);
    END LOOP;
END $$;

-- Five minutes of a series in one row. `ts` is when they begin. One partition a UTC day.
CREATE TABLE metric_rollups_5m (
    series_id integer NOT NULL,
    count integer NOT NULL CHECK (count > 0),
    ts timestamptz NOT NULL,
    sum double precision NOT NULL,
    min double precision NOT NULL,
    max double precision NOT NULL
) PARTITION BY RANGE (ts);

CREATE TABLE metric_rollups_5m_default PARTITION OF metric_rollups_5m DEFAULT;
CREATE UNIQUE INDEX ON metric_rollups_5m_default (series_id, ts);
CREATE INDEX ON metric_rollups_5m_default USING brin (ts) WITH (pages_per_range = 32);

-- The same for an hour. One partition a month.
CREATE TABLE metric_rollups_1h (
    series_id integer NOT NULL,
    count integer NOT NULL CHECK (count > 0),
    ts timestamptz NOT NULL,
    sum double precision NOT NULL,
    min double precision NOT NULL,
    max double precision NOT NULL
) PARTITION BY RANGE (ts);

CREATE TABLE metric_rollups_1h_default PARTITION OF metric_rollups_1h DEFAULT;
CREATE UNIQUE INDEX ON metric_rollups_1h_default (series_id, ts);
CREATE INDEX ON metric_rollups_1h_default USING brin (ts) WITH (pages_per_range = 32);

-- Up to when the rollups are complete. Whoever writes samples from before that sets it back in the same transaction, and
-- the rest follows at the next run.
CREATE TABLE metric_rollup_progress (
    resolution varchar(5) PRIMARY KEY CHECK (resolution IN ('5m', '1h')),
    rolled_until timestamptz NOT NULL
);

INSERT INTO metric_rollup_progress
SELECT resolution, date_bin(width, coalesce((SELECT min(ts) FROM metric_samples), now()), 'epoch')
FROM (VALUES ('5m', interval '5 minutes'), ('1h', interval '1 hour')) AS row (resolution, width);

-- A row of the audit log is forgotten together with its task.
CREATE INDEX tasks_audit_idx ON tasks (audit_id);
