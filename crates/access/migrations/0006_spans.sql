-- Who holds which rooms from when to when, once that was settled: the spans of one account. Null: it was named, and holds everything for good.
ALTER TABLE access_holders ADD COLUMN spans jsonb;
-- Of the stream that settled it; 0: nothing was settled.
ALTER TABLE access_records ADD COLUMN authority_revision bigint NOT NULL DEFAULT 0;
