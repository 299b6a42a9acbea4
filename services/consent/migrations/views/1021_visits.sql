-- When the last visit by a grant was begun; null: none was.
ALTER TABLE given_grants ADD COLUMN last_use_time timestamptz;
