DROP TABLE alert_rules_evaluated;

DROP INDEX alerts_one_open_key;
CREATE UNIQUE INDEX alerts_one_open_key
    ON alerts (source_id, source_type, coalesce(rule_id, '00000000-0000-0000-0000-000000000000'))
    WHERE status <> 'resolved';
ALTER TABLE alerts DROP COLUMN evaluated_as;
