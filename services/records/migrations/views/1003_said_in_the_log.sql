-- What a version says stands in the log, sealed, and nowhere else: here are its places in the patient's lane.
ALTER TABLE item_versions ADD COLUMN event bigint, ADD COLUMN said bigint;
UPDATE item_versions SET event = events.lane_seq
    FROM log.events
    WHERE events.subject = item_versions.patient
      AND events.stream = 'item/' || item_versions.item
      AND events.revision = item_versions.revision;
UPDATE item_versions AS version SET said = (
    SELECT max(before.event) FROM item_versions AS before
    WHERE before.patient = version.patient AND before.item = version.item
      AND before.revision <= version.revision AND NOT before.retracted);
ALTER TABLE item_versions
    -- The event that made this version.
    ALTER COLUMN event SET NOT NULL,
    -- The event with its content: the same one, but for a retraction, which says nothing but why.
    ALTER COLUMN said SET NOT NULL,
    DROP COLUMN body;
