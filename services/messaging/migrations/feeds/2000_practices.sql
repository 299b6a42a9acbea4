-- The practices to which a thread can be addressed, as identity tells of them.
CREATE TABLE practices (
    practice uuid PRIMARY KEY,
    tenant   uuid NOT NULL
);
