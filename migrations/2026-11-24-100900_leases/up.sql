-- Who does which work, when several daemons share the database. The locks that decide it are sessions'; here is whose
-- turn it is.

CREATE TABLE leases (
    scope varchar(200) PRIMARY KEY,
    -- Grows each time the work changes hands, so that who did it before cannot be taken for who does it now.
    epoch bigint NOT NULL,
    holder varchar(255) NOT NULL,
    since timestamptz NOT NULL
);

-- The daemon that is sending the task to Proxmox at the moment.
ALTER TABLE tasks ADD COLUMN sender uuid;
