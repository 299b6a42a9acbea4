-- The transparency log over all that was heard: its entries in order, what their chains have come to, and the one checkpoint at
-- which it stands. Ids, counts and digests only.
CREATE TABLE log_entries (
    index     bigint PRIMARY KEY,
    bytes     bytea  NOT NULL,
    -- The event that it stands for; none where it closes a checkpoint.
    service   text,
    lane      int,
    lane_seq  bigint,
    -- Its place among those of its patient; none where the event is of no patient.
    chain     bytea,
    chain_seq bigint,
    UNIQUE (service, lane, lane_seq),
    UNIQUE (chain, chain_seq)
);

-- Of each patient and each lane.
CREATE TABLE log_heads (
    chain bytea  PRIMARY KEY,
    count bigint NOT NULL,
    last  bytea  NOT NULL
) WITH (fillfactor = 70);

-- Up to where each lane is in the log.
CREATE TABLE log_lanes (
    service text   NOT NULL,
    lane    int    NOT NULL,
    seq     bigint NOT NULL,
    PRIMARY KEY (service, lane)
) WITH (fillfactor = 40, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- One row, taken over by compare and swap: whoever stands on another than this has lost the log to somebody else.
CREATE TABLE log_checkpoint (
    one            boolean PRIMARY KEY DEFAULT true CHECK (one),
    size           bigint NOT NULL,
    root           bytea  NOT NULL,
    -- The signed note; empty before the first entry.
    note           text   NOT NULL,
    published_size bigint NOT NULL CHECK (published_size <= size)
) WITH (fillfactor = 40, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
INSERT INTO log_checkpoint (size, root, note, published_size) VALUES (0, sha256(''), '', 0);
