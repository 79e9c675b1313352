-- Connections to Proxmox, and the nodes and guests seen through them.

CREATE TABLE proxmox_connections (
    id uuid PRIMARY KEY,
    name varchar(100) NOT NULL UNIQUE,
    hosts text[] NOT NULL,
    port integer NOT NULL DEFAULT 8006,
    username varchar(255) NOT NULL,
    token_name varchar(255) NOT NULL,
    -- Encrypted. Null where the environment holds the secret.
    token_value bytea,
    verify_tls boolean NOT NULL DEFAULT true,
    fingerprint text,
    enabled boolean NOT NULL DEFAULT true,
    -- What the last sync learned of the other side.
    cluster_name varchar(255),
    pve_version varchar(50),
    quorate boolean,
    -- When it last answered, and what is wrong now.
    last_success_at timestamptz,
    last_error text,
    last_error_code varchar(50),
    last_error_since timestamptz,
    warning text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE nodes (
    id uuid PRIMARY KEY,
    connection_id uuid NOT NULL REFERENCES proxmox_connections (id) ON DELETE CASCADE,
    hostname varchar(255) NOT NULL,
    ip_address varchar(45),
    provider varchar(50) NOT NULL DEFAULT 'proxmox' CHECK (provider IN ('proxmox', 'aws', 'azure')),
    status varchar(20) NOT NULL CHECK (status IN ('online', 'offline', 'maintenance', 'unknown')),
    cpu_cores integer NOT NULL DEFAULT 0,
    memory_total_mb integer NOT NULL DEFAULT 0,
    disk_total_gb integer NOT NULL DEFAULT 0,
    proxmox_node_name varchar(255) NOT NULL,
    metadata jsonb NOT NULL DEFAULT '{}',
    last_seen_at timestamptz,
    -- Successful syncs in a row that did not mention it.
    missed_syncs smallint NOT NULL DEFAULT 0,
    gone_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    -- A node that left and came back is the same node: its name is its identity within a cluster.
    UNIQUE (connection_id, hostname),
    UNIQUE (connection_id, proxmox_node_name)
);

CREATE TABLE vms (
    id uuid PRIMARY KEY,
    connection_id uuid NOT NULL REFERENCES proxmox_connections (id) ON DELETE CASCADE,
    node_id uuid NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
    vmid integer NOT NULL CHECK (vmid > 0),
    name varchar(255) NOT NULL,
    status varchar(20) NOT NULL CHECK (status IN ('running', 'stopped', 'paused', 'error', 'unknown')),
    status_detail text,
    -- When the status was read from the guest itself after an action. Proxmox's cluster-wide list lags behind by up to
    -- 12 s, so for a while this reading is the better one.
    status_confirmed_at timestamptz,
    type varchar(20) NOT NULL CHECK (type IN ('qemu', 'lxc')),
    cpu_cores double precision NOT NULL DEFAULT 0,
    memory_mb integer NOT NULL DEFAULT 0,
    disk_gb double precision NOT NULL DEFAULT 0,
    ip_address varchar(45),
    os_type varchar(100),
    tags text[] NOT NULL DEFAULT '{}',
    template boolean NOT NULL DEFAULT false,
    locked varchar(50),
    config jsonb NOT NULL DEFAULT '{}',
    -- When the configuration was last read, or could not be; null before the first time.
    config_read_at timestamptz,
    -- Successful syncs in a row that did not mention it; negative while that looks like lost privileges.
    missed_syncs smallint NOT NULL DEFAULT 0,
    gone_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

-- A number may be used again once its guest is gone; while it is not, the number is the guest's alone.
CREATE UNIQUE INDEX vms_connection_vmid_key ON vms (connection_id, vmid) WHERE gone_at IS NULL;
CREATE INDEX vms_vmid_idx ON vms (vmid) WHERE gone_at IS NULL;
CREATE INDEX vms_node_idx ON vms (node_id);
