-- Storages as each node sees them, and what makes counting guests cheap.

CREATE TABLE proxmox_storages (
    connection_id uuid NOT NULL REFERENCES proxmox_connections (id) ON DELETE CASCADE,
    node varchar(255) NOT NULL,
    name varchar(255) NOT NULL,
    -- Whether other nodes see the same storage: its bytes are there once, however many rows it has.
    shared boolean NOT NULL,
    -- Whether the node can use it now.
    available boolean NOT NULL,
    -- Null while nobody knows.
    used_bytes bigint,
    total_bytes bigint,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (connection_id, node, name)
);

CREATE INDEX vms_status_idx ON vms (connection_id, status, template) WHERE gone_at IS NULL;
