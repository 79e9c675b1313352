DROP VIEW metrics;
DROP FUNCTION metric_sample_id(integer, timestamptz);
DROP TABLE metric_latest;
DROP TABLE metric_samples;
DROP TABLE metric_series;
