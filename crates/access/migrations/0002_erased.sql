-- When consent said that the record's content was erased; null while it stands.
ALTER TABLE access_records ADD COLUMN erased_time timestamptz;
