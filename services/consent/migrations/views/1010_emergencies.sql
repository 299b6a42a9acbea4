-- What was opened in an emergency, for the officers who sign it off. Why, and what they found, stands in the log.
CREATE TABLE emergencies (
    grant_id      uuid        PRIMARY KEY,
    tenant        uuid        NOT NULL,
    patient       uuid        NOT NULL,
    began_time    timestamptz NOT NULL,
    -- Null: it waits for its review.
    reviewed_time timestamptz
);
-- In the order of the officers' list.
CREATE INDEX emergencies_of_tenant ON emergencies (tenant, (reviewed_time IS NULL) DESC, began_time DESC, grant_id DESC);
