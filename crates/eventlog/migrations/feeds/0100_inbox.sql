-- How far this service has taken in each other service's log, and what waits for a fix. Run with search_path = feeds.
CREATE TABLE inbox (
    source text   NOT NULL,
    lane   int    NOT NULL,
    seq    bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (source, lane)
) WITH (fillfactor = 40, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE TABLE parked (
    source      text        NOT NULL,
    lane        int         NOT NULL,
    lane_seq    bigint      NOT NULL,
    subject     uuid        NOT NULL,
    envelope    bytea       NOT NULL,
    reason      text        NOT NULL,
    parked_time timestamptz NOT NULL,
    PRIMARY KEY (source, lane, lane_seq)
);
CREATE INDEX parked_subject ON parked (source, subject);
