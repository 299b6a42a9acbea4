-- The part of its rooms that a grant shares; null: all of them.
ALTER TABLE access_grants ADD COLUMN narrowing jsonb;
