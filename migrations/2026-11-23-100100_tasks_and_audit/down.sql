DROP TABLE tasks;
DROP TABLE audit_logs;
