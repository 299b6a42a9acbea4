-- What a command about an item needs to know stands with its newest version; one that was superseded has no digests any more.
ALTER TABLE item_versions
    -- The source that recorded the item first: its identity belongs to that source.
    ADD COLUMN origin  uuid,
    -- Sealed: SHA-256 of the content, and of the content that the origin sent last.
    ADD COLUMN content bytea,
    ADD COLUMN sent    bytea;
UPDATE item_versions SET origin = items.origin, content = items.content, sent = items.sent
    FROM items
    WHERE items.patient = item_versions.patient AND items.item = item_versions.item AND item_versions.superseded IS NULL;
DROP TABLE items;
