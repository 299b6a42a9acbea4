-- Who is told by mail that a record was opened in an emergency. Heard from consent's log.

-- Who holds which record.
CREATE TABLE record_holders (
    patient uuid NOT NULL,
    account uuid NOT NULL,
    PRIMARY KEY (patient, account)
);

-- One notice for each holder of each grant that was taken.
CREATE TABLE emergency_notices (
    grant_id      uuid        NOT NULL,
    account       uuid        NOT NULL,
    -- Somebody is sending it until then; whoever died of it leaves it to the next.
    claimed_until timestamptz,
    sent_time     timestamptz,
    PRIMARY KEY (grant_id, account)
);
CREATE INDEX emergency_notices_waiting ON emergency_notices (grant_id, account) WHERE sent_time IS NULL;
