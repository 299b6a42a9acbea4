-- What the account holds of the record and from when to when, once that was settled; null: it was named, and holds everything.
ALTER TABLE record_holders ADD COLUMN spans jsonb;
