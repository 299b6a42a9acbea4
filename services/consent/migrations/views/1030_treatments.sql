-- Which practices treat the person of a record, or are to, or did. What the family wrote stands in the log alone.
CREATE TABLE treatments (
    treatment_id uuid        PRIMARY KEY,
    patient      uuid        NOT NULL,
    practice     uuid        NOT NULL,
    -- 0: one side proposed it; 1: it stands; 2: it has ended.
    stage        smallint    NOT NULL,
    -- Of a proposal: the family waits for the practice.
    by_family    boolean     NOT NULL,
    changed_time timestamptz NOT NULL
);
-- In the orders of the family's list and of the practice's.
CREATE INDEX treatments_of_patient ON treatments (patient, stage, changed_time DESC, treatment_id);
CREATE INDEX treatments_of_practice ON treatments (practice, stage, changed_time DESC, treatment_id);

-- What each practice's care team is to see of whom it treats; none where a practice has said nothing.
CREATE TABLE treatment_policies (
    practice uuid        PRIMARY KEY,
    version  bigint      NOT NULL,
    care     jsonb       NOT NULL,
    set_time timestamptz NOT NULL
);
