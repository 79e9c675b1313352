-- A word that changes with every commit that changes what is shown of nodes and guests. Whoever keeps an answer keeps
-- it with the word, and gives it again while the word is the same. No writer has to think of it.

CREATE TABLE inventory_version (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    -- Not a number: after a crash, or a restore, a number could stand for something else than it did before.
    version uuid NOT NULL
);
INSERT INTO inventory_version (version) VALUES (gen_random_uuid());

-- Transactions under way that have changed something. No row is ever seen by others: it goes when its transaction ends.
CREATE TABLE inventory_touches (
    xid xid8 PRIMARY KEY
);

CREATE FUNCTION touch_inventory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inventory_touches (xid) VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

-- Inside COMMIT, once for each transaction: until then the old word is right for everybody else, and nobody waits. The
-- lock is the one of the events, so that a transaction with both cannot wait crosswise for another one.
CREATE FUNCTION renew_inventory_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1006, 1);
    UPDATE inventory_version SET version = gen_random_uuid();
    DELETE FROM inventory_touches WHERE xid = NEW.xid;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER renew_inventory_version AFTER INSERT ON inventory_touches
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION renew_inventory_version();

CREATE TRIGGER touch_inventory AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON vms
FOR EACH STATEMENT EXECUTE FUNCTION touch_inventory();
CREATE TRIGGER touch_inventory AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON nodes
FOR EACH STATEMENT EXECUTE FUNCTION touch_inventory();
CREATE TRIGGER touch_inventory AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON metric_latest
FOR EACH STATEMENT EXECUTE FUNCTION touch_inventory();
CREATE TRIGGER touch_inventory AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON proxmox_connections
FOR EACH STATEMENT EXECUTE FUNCTION touch_inventory();
