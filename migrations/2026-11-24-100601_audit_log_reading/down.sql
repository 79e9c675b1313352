DROP INDEX audit_logs_action_idx;
DROP INDEX audit_logs_actor_idx;
