-- What the holders of a record never share.
CREATE TABLE access_marks (
    mark_id       uuid    PRIMARY KEY,
    patient       uuid    NOT NULL,
    -- One of the three.
    category      text,
    item          uuid,
    author        uuid,
    -- At most one of the two; none: from everybody but the holders.
    from_account  uuid,
    from_practice uuid,
    lifted        boolean NOT NULL DEFAULT false,
    CHECK (num_nonnulls(category, item, author) = 1),
    CHECK (num_nonnulls(from_account, from_practice) <= 1)
);
CREATE INDEX access_marks_patient ON access_marks (patient) WHERE NOT lifted;
