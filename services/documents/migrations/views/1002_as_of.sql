-- Who withdrew it, as the log's headers write it. Null: taken in before this was kept, or it stands.
ALTER TABLE documents ADD COLUMN withdrawn_by text;
-- Those that stood at a moment, withdrawn since or not.
CREATE INDEX documents_by_time ON documents (patient, added_time DESC, document DESC);
