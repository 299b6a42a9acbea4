-- The read model of the tests' domain: a savings jar.
CREATE TABLE balances (
    jar     uuid   PRIMARY KEY,
    cents   bigint NOT NULL,
    changes bigint NOT NULL
);
