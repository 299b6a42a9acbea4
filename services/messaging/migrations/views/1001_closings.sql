-- When a thread was closed, by whom, and by which of its events. Null where it is closed: taken in before this was kept; it counts as
-- closed all along until the views are made again.
ALTER TABLE threads ADD COLUMN closed_time timestamptz, ADD COLUMN closed_by text, ADD COLUMN closed_revision bigint;
