-- Every envelope of every service, as it was heard; and what is wrong with the logs. Ids, codes, times and digests only.
CREATE TABLE entries (
    service        text        NOT NULL,
    lane           int         NOT NULL,
    lane_seq       bigint      NOT NULL,
    event_id       uuid        NOT NULL,
    -- What it tells of: read, change, sharing, refused, account.
    kind           text        NOT NULL,
    event_type     text        NOT NULL,
    stream         text        NOT NULL,
    revision       bigint      NOT NULL,
    tenant         uuid        NOT NULL,
    subject        uuid        NOT NULL,
    patient        uuid,
    actor          text        NOT NULL,
    actor_account  uuid,
    on_behalf_of   uuid,
    purpose        text        NOT NULL,
    correlation    uuid        NOT NULL,
    causation      uuid,
    occurred       timestamptz NOT NULL,
    recorded       timestamptz NOT NULL,
    key_id         uuid        NOT NULL,
    payload_sha256 bytea       NOT NULL,
    leaf           bytea       NOT NULL,
    -- google.protobuf.Any, as published.
    public_payload bytea,
    category       text,
    PRIMARY KEY (service, lane, lane_seq)
);
CREATE INDEX entries_patient ON entries (patient, recorded DESC, service DESC, lane DESC, lane_seq DESC)
    WHERE patient IS NOT NULL;
CREATE INDEX entries_actor ON entries (actor_account, recorded DESC, service DESC, lane DESC, lane_seq DESC)
    WHERE actor_account IS NOT NULL;
CREATE INDEX entries_tenant ON entries (tenant, recorded DESC, service DESC, lane DESC, lane_seq DESC);

-- Where a log is not what it should be. Kept, mended or not.
CREATE TABLE log_faults (
    service    text        NOT NULL,
    lane       int         NOT NULL,
    lane_seq   bigint      NOT NULL,
    -- hole, altered, leaf-mismatch.
    kind       text        NOT NULL,
    found_time timestamptz NOT NULL,
    PRIMARY KEY (service, lane, lane_seq, kind)
);
CREATE INDEX log_faults_found ON log_faults (service, found_time DESC);

CREATE TABLE log_health (
    service     text        PRIMARY KEY,
    -- When the last verification that came to its end began.
    verify_time timestamptz NOT NULL
);
