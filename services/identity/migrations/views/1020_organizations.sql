-- What a practice is, and of which a team is part. What was created before was a practice.
ALTER TABLE practices ADD COLUMN kind text NOT NULL DEFAULT 'practice';
ALTER TABLE practices ADD COLUMN part_of uuid;
