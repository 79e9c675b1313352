-- The first answers of requests that came with an Idempotency-Key, to be given again for a day.

CREATE TABLE idempotency_keys (
    key varchar(255) PRIMARY KEY,
    -- The request in a line: the key belongs to it alone.
    fingerprint text NOT NULL,
    -- What was answered; neither while the action is under way. Text, for it is given again byte for byte.
    status smallint CHECK (status BETWEEN 100 AND 599),
    body text,
    -- What was begun under the key, written together with the task itself, just before it: from here on nothing begins
    -- under the key again.
    task_id uuid REFERENCES tasks (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    -- When the key was claimed. It also tells one claim from the one that took its place.
    created_at timestamptz NOT NULL,
    CHECK ((status IS NULL) = (body IS NULL))
);

CREATE INDEX idempotency_keys_created_idx ON idempotency_keys (created_at);
