-- The event log of one service. Run with search_path = log; the serving role is named in holdfast.serving_role.

-- Lock and counter of each lane: updated first in every append, so lane_seq has no gaps and follows commit order.
CREATE TABLE lanes (
    lane     int    PRIMARY KEY,
    last_seq bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 40, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
INSERT INTO lanes (lane) SELECT generate_series(0, 1023);

CREATE TABLE events (
    lane           int         NOT NULL,
    lane_seq       bigint      NOT NULL,
    event_id       uuid        NOT NULL,
    tenant         uuid        NOT NULL,
    stream         text        NOT NULL,
    revision       bigint      NOT NULL,
    event_type     text        NOT NULL,
    schema_version int         NOT NULL,
    subject        uuid        NOT NULL,
    patient        uuid,
    actor          text        NOT NULL,
    on_behalf_of   uuid,
    purpose        text        NOT NULL,
    correlation    uuid        NOT NULL,
    causation      uuid,
    traceparent    text,
    occurred       timestamptz NOT NULL,
    recorded       timestamptz NOT NULL,
    key_id         uuid        NOT NULL,
    payload        bytea       NOT NULL,
    leaf           bytea       NOT NULL,
    PRIMARY KEY (lane, lane_seq),
    UNIQUE (lane, stream, revision)
) PARTITION BY HASH (lane);

-- What each command led to, so that its repetition is answered and not carried out.
CREATE TABLE commands (
    lane        int    NOT NULL,
    request_id  uuid   NOT NULL,
    fingerprint bytea  NOT NULL,
    seq         bigint NOT NULL,
    PRIMARY KEY (lane, request_id)
);

-- How far each lane was published.
CREATE TABLE relay (
    lane          int    PRIMARY KEY,
    published_seq bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 40, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
INSERT INTO relay (lane) SELECT generate_series(0, 1023);

-- Who does a piece of background work, until when.
CREATE TABLE leases (
    name        text        PRIMARY KEY,
    holder      uuid        NOT NULL,
    expire_time timestamptz NOT NULL
);

DO $$
DECLARE
    serving text := current_setting('holdfast.serving_role');
BEGIN
    FOR part IN 0..15 LOOP
        EXECUTE format('CREATE TABLE events_%s PARTITION OF events FOR VALUES WITH (MODULUS 16, REMAINDER %s)', part, part);
        -- Sealed bytes do not compress: do not try.
        EXECUTE format('ALTER TABLE events_%s ALTER COLUMN payload SET STORAGE EXTERNAL', part);
    END LOOP;
    EXECUTE format('GRANT USAGE ON SCHEMA log TO %I', serving);
    -- Nothing is updated or deleted in an event log: the serving role cannot.
    EXECUTE format('GRANT SELECT, INSERT ON events, commands TO %I', serving);
    EXECUTE format('GRANT SELECT, UPDATE ON lanes, relay TO %I', serving);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON leases TO %I', serving);
END $$;
