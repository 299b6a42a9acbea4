-- What consent shows beside the tables of access: the record's revision, and who gave which grant when.
CREATE TABLE record_revisions (
    patient  uuid   PRIMARY KEY,
    -- Of the record's stream.
    revision bigint NOT NULL
);

CREATE TABLE given_grants (
    grant_id   uuid        PRIMARY KEY,
    patient    uuid        NOT NULL,
    given_by   uuid        NOT NULL,
    given_time timestamptz NOT NULL
);
CREATE INDEX given_grants_patient ON given_grants (patient, given_time DESC, grant_id DESC);
