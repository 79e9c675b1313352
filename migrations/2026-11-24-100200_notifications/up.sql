-- How people are told of alerts: the channels, and every message on its way to one (the outbox).

CREATE TABLE notification_channels (
    id uuid PRIMARY KEY,
    name varchar(100) NOT NULL UNIQUE,
    kind varchar(20) NOT NULL CHECK (kind IN ('discord', 'slack', 'email', 'webhook')),
    -- Without the secret.
    settings jsonb NOT NULL,
    -- Its webhook's address, password or signing key, encrypted.
    secret bytea,
    enabled boolean NOT NULL,
    last_success_at timestamptz,
    -- The first failure since the last success, and the latest.
    failed_since timestamptz,
    last_error jsonb,
    -- A message was given up since the last success.
    gave_up boolean NOT NULL DEFAULT false,
    -- The receiver wants no message before.
    not_before timestamptz,
    -- One sender at a time, so that messages keep their order. By the database's clock, for daemons' may differ.
    leased_until timestamptz,
    lease_holder uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE notification_deliveries (
    -- The event's id, for receivers that want to know it again.
    id uuid PRIMARY KEY,
    -- The order in which they were queued.
    position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    -- Null for a test.
    alert_id uuid,
    event varchar(20) NOT NULL CHECK (event IN
        ('firing', 'resolved', 'closed', 'severity_raised', 'reminder', 'flapping', 'no_data', 'test')),
    sequence integer NOT NULL,
    channel_id uuid REFERENCES notification_channels (id) ON DELETE SET NULL,
    -- The channel's name, which outlives it.
    channel varchar(100) NOT NULL,
    -- What goes into one message: the events of one node, for example.
    group_key varchar(300),
    facts jsonb NOT NULL,
    state varchar(20) NOT NULL CHECK (state IN ('pending', 'sent', 'dead', 'cancelled')),
    reason text,
    -- The message that it became a part of at the first try. It stays, so that a repetition is known again.
    message_id uuid,
    attempts integer NOT NULL DEFAULT 0,
    -- Being sent; still true when the sender died on it.
    in_flight boolean NOT NULL DEFAULT false,
    -- A try ended without an answer: the receiver may have it.
    uncertain boolean NOT NULL DEFAULT false,
    last_error jsonb,
    created_at timestamptz NOT NULL,
    -- When it was queued last: its time to live counts from here.
    queued_at timestamptz NOT NULL,
    next_attempt_at timestamptz,
    finished_at timestamptz,
    UNIQUE (alert_id, event, channel_id, sequence),
    CHECK ((state = 'pending') = (next_attempt_at IS NOT NULL)),
    CHECK ((state = 'pending') = (finished_at IS NULL)),
    CHECK (state = 'pending' OR NOT in_flight),
    CHECK ((event = 'test') = (alert_id IS NULL))
);

-- Every look for work reads the head of each channel's queue.
CREATE INDEX notification_deliveries_pending_idx ON notification_deliveries (channel_id, position)
    WHERE state = 'pending';
CREATE INDEX notification_deliveries_alert_idx ON notification_deliveries (alert_id, channel_id, position);
CREATE INDEX notification_deliveries_state_idx ON notification_deliveries (state, position);
CREATE INDEX notification_deliveries_finished_idx ON notification_deliveries (finished_at)
    WHERE finished_at IS NOT NULL;
