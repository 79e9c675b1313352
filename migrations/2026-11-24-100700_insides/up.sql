-- What is known of the inside of guests, and what tells a guest from a later one under the same number.

CREATE TABLE guest_insides (
    vm_id uuid PRIMARY KEY REFERENCES vms (id) ON DELETE CASCADE,
    -- How its guest agent fared when it was last asked; null for containers.
    agent varchar(20) CHECK (agent IN ('answers', 'silent', 'refuses', 'absent', 'forbidden')),
    -- Times in a row that nothing was learned, and when to ask again.
    failures smallint NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    -- All its disks together, when they were last told.
    disk_used_bytes bigint,
    disk_total_bytes bigint,
    disk_read_at timestamptz
);

-- Time of creation, UUID and the like, out of its configuration; null before that was read.
ALTER TABLE vms ADD COLUMN birthmark jsonb;

-- Who counted the memory in use.
ALTER TABLE metric_latest ADD COLUMN memory_source varchar(20);
