-- Consent as this service has heard it: who holds which record, and what its holders share. Fed from consent's public events
-- (in consent from its own), rebuilt from them at will.
CREATE TABLE access_records (
    patient uuid PRIMARY KEY,
    -- The nil id: a free-standing record.
    tenant  uuid NOT NULL
);

CREATE TABLE access_holders (
    patient      uuid NOT NULL,
    account      uuid NOT NULL,
    relationship text NOT NULL,
    PRIMARY KEY (patient, account)
);
CREATE INDEX access_holders_account ON access_holders (account, patient);

CREATE TABLE access_grants (
    grant_id         uuid        PRIMARY KEY,
    patient          uuid        NOT NULL,
    grantee_account  uuid,
    grantee_practice uuid,
    grantee_role     text,
    categories       text[]      NOT NULL,
    actions          text[]      NOT NULL,
    purposes         text[]      NOT NULL,
    from_time        timestamptz NOT NULL,
    -- Null: until revoked.
    until_time       timestamptz,
    revoked_time     timestamptz,
    revision         bigint      NOT NULL,
    CHECK ((grantee_account IS NULL) <> (grantee_practice IS NULL)),
    CHECK ((grantee_practice IS NULL) = (grantee_role IS NULL))
);
CREATE INDEX access_grants_patient ON access_grants (patient);
CREATE INDEX access_grants_account ON access_grants (grantee_account, patient) WHERE revoked_time IS NULL;
CREATE INDEX access_grants_practice ON access_grants (grantee_practice, grantee_role, patient) WHERE revoked_time IS NULL;
