-- Challenges for passkeys that are out: single use, gone after minutes, and no facts.
CREATE TABLE ceremonies (
    challenge_sha256 bytea       PRIMARY KEY,
    -- Null for signing in: whose passkey comes is not known yet.
    account          uuid,
    kind             text        NOT NULL,
    expire_time      timestamptz NOT NULL
);
CREATE INDEX ceremonies_expire ON ceremonies (expire_time);
