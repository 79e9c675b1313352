DROP TABLE silences;
DROP TABLE alert_cursors;
DROP TABLE alert_states;
DROP TABLE alerts;
DROP TABLE alert_rules;
