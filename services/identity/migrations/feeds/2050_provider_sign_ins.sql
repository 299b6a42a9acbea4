-- Sign-ins that were sent to a provider and have not come back: single use, gone after minutes, and no facts.
CREATE TABLE provider_sign_ins (
    state_sha256   bytea       PRIMARY KEY,
    tenant         uuid        NOT NULL,
    -- The nil id: the whole tenant.
    practice       uuid        NOT NULL,
    -- Of what the browser keeps that began it.
    browser_sha256 bytea       NOT NULL,
    expire_time    timestamptz NOT NULL
);
CREATE INDEX provider_sign_ins_expire ON provider_sign_ins (expire_time);
