-- How many books were lent on each day.
CREATE TABLE lendings (
    day   date   PRIMARY KEY,
    count bigint NOT NULL
);
