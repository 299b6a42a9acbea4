-- What was proposed of a record and what became of it. What it says stands in the log, sealed: here are its places in the patient's lane.
CREATE TABLE proposals (
    patient     uuid        NOT NULL,
    proposal    uuid        NOT NULL,
    revision    bigint      NOT NULL,
    kind        text        NOT NULL,
    state       text        NOT NULL,
    -- Where its thing stands, and where it would be.
    categories  text[]      NOT NULL,
    -- Null: of demographics, and what was not added yet.
    item        uuid,
    -- The item's version on which it was decided to propose it.
    seen        bigint,
    proposer    text        NOT NULL,
    create_time timestamptz NOT NULL,
    decider     text,
    decide_time timestamptz,
    -- The events that made it and that decided it.
    made        bigint      NOT NULL,
    decided     bigint,
    PRIMARY KEY (patient, proposal)
);
CREATE INDEX proposals_waiting ON proposals (create_time, proposal) WHERE state = 'waiting';

-- What a network locks for families, where it said so.
CREATE TABLE field_locks (
    tenant   uuid   PRIMARY KEY,
    revision bigint NOT NULL,
    -- JSON: rooms and fields, nothing of anybody's.
    locks    text   NOT NULL
);
