-- How often each patient was counted: increments, so that an event applied twice shows.
CREATE TABLE tallies (
    patient  uuid   PRIMARY KEY,
    events   bigint NOT NULL,
    sum      bigint NOT NULL,
    revision bigint NOT NULL
);
