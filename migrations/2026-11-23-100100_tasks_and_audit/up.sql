-- What was done, by whom, and how it ended.

CREATE TABLE audit_logs (
    id uuid PRIMARY KEY,
    actor varchar(255) NOT NULL,
    action varchar(100) NOT NULL,
    resource_type varchar(50) NOT NULL,
    resource_id uuid NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    -- "pending" until it is known how the action ended.
    outcome varchar(20) NOT NULL CHECK (outcome IN ('pending', 'succeeded', 'failed', 'unknown')),
    request_id varchar(200),
    ip_address varchar(45) NOT NULL,
    timestamp timestamptz NOT NULL
);

CREATE INDEX audit_logs_timestamp_idx ON audit_logs (timestamp, id);
CREATE INDEX audit_logs_resource_idx ON audit_logs (resource_type, resource_id, timestamp);

CREATE TABLE tasks (
    id uuid PRIMARY KEY,
    connection_id uuid NOT NULL REFERENCES proxmox_connections (id) ON DELETE CASCADE,
    vm_id uuid NOT NULL REFERENCES vms (id) ON DELETE CASCADE,
    vmid integer NOT NULL,
    node varchar(255) NOT NULL,
    action varchar(20) NOT NULL
        CHECK (action IN ('start', 'stop', 'restart', 'shutdown', 'reset', 'suspend', 'resume')),
    -- Null between the decision to act and Proxmox's answer. A daemon that died in between finds the worker again by it.
    upid varchar(255),
    status varchar(20) NOT NULL CHECK (status IN ('running', 'succeeded', 'failed', 'unknown')),
    exit_status text,
    progress smallint CHECK (progress BETWEEN 0 AND 100),
    -- The worker ended well, but the guest has yet to be seen in the intended state (a reboot, or an HA request).
    worker_ended_at timestamptz,
    actor varchar(255) NOT NULL,
    audit_id uuid NOT NULL REFERENCES audit_logs (id),
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    UNIQUE (connection_id, upid),
    CHECK ((status = 'running') = (finished_at IS NULL))
);

CREATE INDEX tasks_running_idx ON tasks (connection_id) WHERE status = 'running';
CREATE INDEX tasks_started_idx ON tasks (started_at, id);
CREATE INDEX tasks_vm_idx ON tasks (vm_id, started_at);
-- Two actions on one guest at the same time would only fail on Proxmox's lock; pulling the plug during a shutdown is the exception.
CREATE UNIQUE INDEX tasks_one_running_per_vm_key ON tasks (vm_id) WHERE status = 'running' AND action <> 'stop';
