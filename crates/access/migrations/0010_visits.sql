-- For how many visits a grant is good, and how many were begun; null: as often as they want.
ALTER TABLE access_grants ADD COLUMN uses_max integer, ADD COLUMN used_count integer NOT NULL DEFAULT 0;

-- The newest visit of each account by such a grant.
CREATE TABLE access_visits (
    grant_id   uuid        NOT NULL,
    account    uuid        NOT NULL,
    patient    uuid        NOT NULL,
    until_time timestamptz NOT NULL,
    PRIMARY KEY (grant_id, account)
);
