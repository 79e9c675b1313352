-- The audit log is read by person and by action too, the latest first.
CREATE INDEX audit_logs_actor_idx ON audit_logs (actor, timestamp, id);
CREATE INDEX audit_logs_action_idx ON audit_logs (action text_pattern_ops, timestamp, id);
