-- Who added it, as the log's headers write it. Null: taken in before this was kept; it counts as anybody's until the views are made again.
ALTER TABLE documents ADD COLUMN added_by text;
