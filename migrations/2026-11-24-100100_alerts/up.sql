-- Rules, the alerts they raise, where the evaluation of each rule for each source stands, and silences.

CREATE TABLE alert_rules (
    id uuid PRIMARY KEY,
    name varchar(255) NOT NULL UNIQUE,
    description text NOT NULL DEFAULT '',
    metric_name varchar(100) NOT NULL,
    condition varchar(20) NOT NULL CHECK (condition IN ('gt', 'lt', 'gte', 'lte', 'eq')),
    threshold double precision NOT NULL,
    duration_seconds integer NOT NULL DEFAULT 0 CHECK (duration_seconds >= 0),
    severity varchar(20) NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    enabled boolean NOT NULL DEFAULT true,
    notification_channels text[] NOT NULL DEFAULT '{}',
    -- Null for every source that has the metric.
    source_type varchar(20) CHECK (source_type IN ('node', 'vm', 'service')),
    source_id uuid,
    clear_threshold double precision,
    clear_duration_seconds integer NOT NULL DEFAULT 60 CHECK (clear_duration_seconds >= 0),
    on_missing varchar(10) NOT NULL DEFAULT 'keep' CHECK (on_missing IN ('keep', 'ok', 'alert')),
    repeat_interval_seconds integer CHECK (repeat_interval_seconds > 0),
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (source_id IS NULL OR source_type IS NOT NULL)
);

CREATE TABLE alerts (
    id uuid PRIMARY KEY,
    -- Null for alerts of NexOps itself, and when the rule is gone: history outlives its rule.
    rule_id uuid REFERENCES alert_rules (id) ON DELETE SET NULL,
    kind varchar(20) NOT NULL
        CHECK (kind IN ('condition', 'no_data', 'node_offline', 'remote_unreachable', 'delivery_failing')),
    source_type varchar(20) NOT NULL CHECK (source_type IN ('node', 'vm', 'service', 'connection', 'channel')),
    source_id uuid NOT NULL,
    -- As it was called when the alert fired; history outlives its source, too.
    source_name varchar(255),
    metric_name varchar(100),
    severity varchar(20) NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    status varchar(20) NOT NULL CHECK (status IN ('firing', 'acknowledged', 'resolved')),
    title varchar(255) NOT NULL,
    description text NOT NULL DEFAULT '',
    value double precision,
    resolution varchar(20)
        CHECK (resolution IN ('recovered', 'rule_changed', 'rule_deleted', 'rule_disabled', 'source_deleted',
                              'source_stopped', 'no_data', 'manual')),
    note text,
    stale boolean NOT NULL DEFAULT false,
    silenced boolean NOT NULL DEFAULT false,
    inhibited boolean NOT NULL DEFAULT false,
    flapping boolean NOT NULL DEFAULT false,
    started_at timestamptz NOT NULL,
    fired_at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by varchar(255),
    resolved_at timestamptz,
    CHECK ((status = 'resolved') = (resolved_at IS NOT NULL)),
    CHECK ((resolved_at IS NULL) = (resolution IS NULL))
);

-- One open alert for a rule and a source, whatever else goes wrong. Alerts of NexOps itself have no rule; of them each
-- kind of source has one.
CREATE UNIQUE INDEX alerts_one_open_key
    ON alerts (source_id, source_type, coalesce(rule_id, '00000000-0000-0000-0000-000000000000'))
    WHERE status <> 'resolved';
CREATE INDEX alerts_fired_idx ON alerts (fired_at, id);
CREATE INDEX alerts_source_idx ON alerts (source_id, fired_at);
CREATE INDEX alerts_rule_idx ON alerts (rule_id, fired_at);

-- Where the evaluation stands, written together with the alerts and messages that come of it. A rule and a source of
-- which nothing is to be remembered have no row. The rules of NexOps itself are not in alert_rules.
CREATE TABLE alert_states (
    rule_id uuid NOT NULL,
    source_type varchar(20) NOT NULL CHECK (source_type IN ('node', 'vm', 'service', 'connection', 'channel')),
    source_id uuid NOT NULL,
    state jsonb NOT NULL,
    PRIMARY KEY (rule_id, source_id, source_type)
) WITH (fillfactor = 70);

-- Up to where the samples of a connection, or of a service, have been evaluated.
CREATE TABLE alert_cursors (
    scope_id uuid PRIMARY KEY,
    evaluated_until timestamptz NOT NULL
);

CREATE TABLE silences (
    id uuid PRIMARY KEY,
    source_type varchar(20) CHECK (source_type IN ('node', 'vm', 'service', 'connection', 'channel')),
    source_id uuid,
    rule_id uuid REFERENCES alert_rules (id) ON DELETE CASCADE,
    reason text NOT NULL,
    created_by varchar(255) NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    CHECK (source_id IS NOT NULL OR rule_id IS NOT NULL),
    CHECK (starts_at < ends_at)
);

CREATE INDEX silences_end_idx ON silences (ends_at);
