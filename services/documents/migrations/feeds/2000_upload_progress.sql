-- How far each upload has come. Not on the log: it changes with every part, nobody will ask for its history, and the log tells
-- how an upload began and ended. Not in `views` either: it cannot be made again from the log, so a rebuild must not drop it.
CREATE TABLE upload_progress (
    upload         uuid   PRIMARY KEY,
    received_bytes bigint NOT NULL,
    -- The objects that hold the parts, in order.
    parts          uuid[] NOT NULL
);
