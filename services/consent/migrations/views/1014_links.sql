-- Which link a secret is of. Whom it is for, its passcode and who opened it stand in the log alone.
CREATE TABLE links (
    link_id       uuid        PRIMARY KEY,
    patient       uuid        NOT NULL,
    secret_sha256 bytea       NOT NULL UNIQUE,
    made_time     timestamptz NOT NULL
);
CREATE INDEX links_of_patient ON links (patient, made_time DESC, link_id DESC);
