-- Erasures that holders ask for and nobody has carried out, for the officers who decide. Wishes from before are found by a rebuild.
CREATE TABLE erasure_wishes (
    patient        uuid        NOT NULL,
    -- Nil: all of the record.
    document       uuid        NOT NULL,
    tenant         uuid        NOT NULL,
    requested_time timestamptz NOT NULL,
    PRIMARY KEY (patient, document)
);
-- In the order of the officers' list.
CREATE INDEX erasure_wishes_of_tenant ON erasure_wishes (tenant, requested_time, patient, document);
