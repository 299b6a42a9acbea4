-- Freezes that nobody has reviewed and proposals that nobody has attested, for those who look at them. Those from before are found by a
-- rebuild.
CREATE TABLE unreviewed_authority (
    patient  uuid        NOT NULL,
    -- Of the freeze, or of the proposed authority.
    id       uuid        NOT NULL,
    tenant   uuid        NOT NULL,
    proposed boolean     NOT NULL,
    -- When a freeze ends by itself; since when a proposal waits.
    moment   timestamptz NOT NULL,
    PRIMARY KEY (patient, id)
);
-- In the order of the list.
CREATE INDEX unreviewed_authority_of_tenant ON unreviewed_authority (tenant, proposed, moment, patient, id);
