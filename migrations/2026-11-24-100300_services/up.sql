-- What people use: services, how each is checked, and how it fared.

CREATE TABLE services (
    id uuid PRIMARY KEY,
    name varchar(255) NOT NULL UNIQUE,
    description text NOT NULL DEFAULT '',
    type varchar(50) NOT NULL CHECK (type IN ('vm', 'container', 'external')),
    health_check_url varchar(500),
    -- Its guest. A guest that is gone keeps its row; the link ends when its whole connection is deleted.
    vm_id uuid REFERENCES vms (id) ON DELETE SET NULL,
    namespace varchar(100),
    metadata jsonb NOT NULL DEFAULT '{}',
    enabled boolean NOT NULL DEFAULT true,
    -- How it is checked.
    expected_status text NOT NULL DEFAULT '200-299',
    body_contains text,
    timeout_seconds integer NOT NULL CHECK (timeout_seconds BETWEEN 1 AND 60),
    retries integer NOT NULL CHECK (retries BETWEEN 0 AND 10),
    degraded_above_ms integer CHECK (degraded_above_ms > 0),
    certificate_warning_days integer NOT NULL CHECK (certificate_warning_days BETWEEN 0 AND 365),
    verify_tls boolean NOT NULL DEFAULT true,
    -- How it fares.
    status varchar(20) NOT NULL CHECK (status IN ('healthy', 'unhealthy', 'degraded', 'unknown')),
    status_reason text,
    status_since timestamptz NOT NULL,
    -- Checks in a row that failed, when the first of them did, and what was wrong with the last.
    failures integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    last_error text,
    last_health_check timestamptz,
    response_time_ms double precision,
    certificate_expires_at timestamptz,
    -- Counts what people changed, not what checks found.
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 70);

CREATE INDEX services_vm_idx ON services (vm_id);

-- Each status that a service had, from when on. It lasted until the next row.
CREATE TABLE service_status_changes (
    service_id uuid NOT NULL REFERENCES services (id) ON DELETE CASCADE,
    since timestamptz NOT NULL,
    status varchar(20) NOT NULL CHECK (status IN ('healthy', 'unhealthy', 'degraded', 'unknown')),
    reason text,
    PRIMARY KEY (service_id, since)
);
