-- Which book is out.
CREATE TABLE shelf (
    book   uuid    PRIMARY KEY,
    is_out boolean NOT NULL
);
