-- Most events are a few KiB: kept in their rows, not cut into pieces of 2 KB that lie elsewhere under an index of their own.
DO $$
BEGIN
    FOR part IN 0..15 LOOP
        EXECUTE format('ALTER TABLE events_%s SET (toast_tuple_target = 8160)', part);
    END LOOP;
END $$;
