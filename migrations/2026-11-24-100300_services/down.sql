DROP TABLE service_status_changes;
DROP TABLE services;
DELETE FROM metric_samples WHERE series_id IN (SELECT id FROM metric_series WHERE source_type = 'service');
DELETE FROM metric_series WHERE source_type = 'service';
