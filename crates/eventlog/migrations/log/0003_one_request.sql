-- A request id acts once in the whole log, not once in each lane. Of one that acted in several, the first is remembered.
DELETE FROM commands AS again USING commands AS first
    WHERE again.request_id = first.request_id AND (again.lane, again.seq) > (first.lane, first.seq);
ALTER TABLE commands DROP CONSTRAINT commands_pkey, ADD PRIMARY KEY (request_id);
