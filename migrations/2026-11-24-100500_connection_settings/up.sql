-- Connections that are set up through the API, beside the one that the environment describes.

ALTER TABLE proxmox_connections
    -- Whether a daemon's environment describes it; the secret is then there and not here.
    ADD COLUMN managed boolean NOT NULL DEFAULT false,
    -- Grows with every change of what is set up, so that daemons notice it.
    ADD COLUMN revision integer NOT NULL DEFAULT 1;

-- Until now the environment was the only place to describe one.
UPDATE proxmox_connections SET managed = true;
