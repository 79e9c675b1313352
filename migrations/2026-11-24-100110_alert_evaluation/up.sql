-- An alert keeps the id under which it is evaluated, also when its rule is deleted and before that is noticed: what is
-- one open alert must not depend on a reference that becomes null.
ALTER TABLE alerts ADD COLUMN evaluated_as uuid;
UPDATE alerts SET evaluated_as = coalesce(rule_id, id);
ALTER TABLE alerts ALTER COLUMN evaluated_as SET NOT NULL;

DROP INDEX alerts_one_open_key;
CREATE UNIQUE INDEX alerts_one_open_key ON alerts (evaluated_as, source_id, source_type) WHERE status <> 'resolved';

-- The rules as they were evaluated last. What differs from alert_rules was changed since, and what is missing there was
-- deleted.
CREATE TABLE alert_rules_evaluated (
    rule_id uuid PRIMARY KEY,
    definition jsonb NOT NULL
);
