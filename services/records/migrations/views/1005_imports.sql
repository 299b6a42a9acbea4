-- Files that were taken in: the same bytes are the same file, whatever it is called.
CREATE TABLE imports (
    patient   uuid        NOT NULL,
    import    uuid        NOT NULL,
    -- What its items are filed under.
    source    uuid        NOT NULL,
    read_time timestamptz NOT NULL,
    -- Sealed: the SHA-256 of its bytes. Whoever has a file could tell from it, or from a number made of it, whose it is.
    content   bytea       NOT NULL,
    PRIMARY KEY (patient, import)
);
CREATE INDEX imports_newest ON imports (patient, read_time DESC);
