-- What programs have signed to show who they are, until it would be refused for its age: each is good once, for all processes.
CREATE TABLE assertions (
    account     uuid        NOT NULL,
    -- SHA-256 of its id.
    jti_sha256  bytea       NOT NULL,
    expire_time timestamptz NOT NULL,
    PRIMARY KEY (account, jti_sha256)
);
CREATE INDEX assertions_expire ON assertions (expire_time);
