-- Families that practices invited. Whom, by the keyed hash of the address; the address itself stands in the log alone.
CREATE TABLE invitations (
    invitation   uuid        PRIMARY KEY,
    practice     uuid        NOT NULL,
    -- In whose lane it is: the account, or the id that an unknown address would get.
    subject      uuid        NOT NULL,
    address_hash bytea       NOT NULL,
    waits        boolean     NOT NULL,
    sent_time    timestamptz NOT NULL,
    expire_time  timestamptz NOT NULL
);
-- In the order of the practice's list.
CREATE INDEX invitations_of_practice ON invitations (practice, sent_time DESC, invitation);
CREATE INDEX invitations_of_address ON invitations (address_hash) WHERE waits;
