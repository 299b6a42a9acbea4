-- A destroyed key must not outlive its destruction as a dead row: the table is cleaned after every one.
ALTER TABLE data_keys SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 0);
