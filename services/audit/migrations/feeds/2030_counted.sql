-- A record's entries are counted from an index alone: read row by row, tens of thousands of them take half a second. It is small, for
-- entries of one patient and kind share one key; and the server is to note soon which pages everybody sees, without which it reads them.
CREATE INDEX entries_patient_kind ON entries (patient, kind) WHERE patient IS NOT NULL;
ALTER TABLE entries SET (autovacuum_vacuum_insert_scale_factor = 0.01, autovacuum_vacuum_insert_threshold = 10000);
