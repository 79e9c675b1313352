-- Measurements. The view `metrics` at the end is the readable form; the tables are laid out for size and speed.

CREATE TABLE metric_series (
    id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    source_type varchar(20) NOT NULL CHECK (source_type IN ('node', 'vm', 'service')),
    source_id uuid NOT NULL,
    metric_name varchar(100) NOT NULL,
    unit varchar(20) NOT NULL,
    UNIQUE (source_id, metric_name)
);

-- One partition a UTC day, made ahead by the daemon and dropped whole when its time is over. The key holds the value
-- too, so that a series is read from the index alone.
CREATE TABLE metric_samples (
    series_id integer NOT NULL,
    ts timestamptz NOT NULL,
    value double precision NOT NULL,
    PRIMARY KEY (series_id, ts) INCLUDE (value)
) PARTITION BY RANGE (ts);

-- A row here means that no partition was made in time. Nothing is lost by it, and the daemon says so.
CREATE TABLE metric_samples_default PARTITION OF metric_samples DEFAULT;

-- The latest figures of each source, one row each, with the counters from which the next rates are made. It is
-- rewritten at every collection; the free space on its pages keeps the new row versions where the old ones were.
CREATE TABLE metric_latest (
    source_id uuid PRIMARY KEY,
    source_type varchar(20) NOT NULL CHECK (source_type IN ('node', 'vm', 'service')),
    connection_id uuid REFERENCES proxmox_connections (id) ON DELETE CASCADE,
    observed_at timestamptz NOT NULL,
    cpu_usage double precision,
    memory_usage double precision,
    disk_usage double precision,
    network_in double precision,
    network_out double precision,
    uptime_seconds bigint,
    memory_used_mb bigint,
    disk_used_gb double precision,
    -- Bytes since the guest started, as Proxmox counts them.
    network_in_total bigint,
    network_out_total bigint
) WITH (fillfactor = 70);

CREATE INDEX metric_latest_connection_idx ON metric_latest (connection_id);

-- A sample needs no stored id: the same sample gives the same UUIDv7, its time in front and a hash of series and time behind.
CREATE FUNCTION metric_sample_id(series_id integer, ts timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
    lpad(to_hex(floor(extract(epoch FROM ts) * 1000)::bigint), 12, '0')
    || '7' || substr(md5(series_id::text || '/' || extract(epoch FROM ts)::text), 1, 3)
    || '8' || substr(md5(series_id::text || '/' || extract(epoch FROM ts)::text), 4, 15)
)::uuid;

CREATE VIEW metrics AS
SELECT metric_sample_id(sample.series_id, sample.ts) AS id,
       series.source_type,
       series.source_id,
       series.metric_name,
       sample.value,
       series.unit,
       sample.ts AS "timestamp"
FROM metric_samples AS sample
JOIN metric_series AS series ON series.id = sample.series_id;
