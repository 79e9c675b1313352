-- What happened, in the order in which it became visible: kept for a day, for those who follow it (GET /api/v1/events).

CREATE SEQUENCE event_ids AS bigint;

CREATE TABLE events (
    -- The place in which it was written down; nobody reads by it.
    draft bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    -- The place in the sequence that readers see; given when the transaction commits.
    id bigint UNIQUE,
    type varchar(20) NOT NULL CHECK (type IN ('vm', 'node', 'task', 'alert', 'service', 'metrics', 'reset')),
    deleted boolean NOT NULL DEFAULT false,
    at timestamptz NOT NULL,
    -- Text that is JSON: it is given to readers as it stands, and PostgreSQL need not look into it.
    data text NOT NULL
);

-- A sequence alone numbers transactions in the order in which they ask, not in the order in which they commit, and a
-- reader who has seen 8 would never come back for the 7 that commits later. So the numbers are given at the very end,
-- inside COMMIT, one transaction after the other; the lock goes with the commit.
CREATE FUNCTION number_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1006, 1);
    UPDATE events SET id = nextval('event_ids') WHERE draft = NEW.draft;
    PERFORM pg_notify('nexops_events', '');
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER number_event AFTER INSERT ON events
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION number_event();
