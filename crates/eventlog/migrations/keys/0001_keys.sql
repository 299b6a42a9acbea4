-- Data keys, one per subject, wrapped by the tenant's key-encryption key. A database apart from the events.
CREATE TABLE data_keys (
    subject        uuid        PRIMARY KEY,
    key_id         uuid        NOT NULL UNIQUE,
    tenant         uuid        NOT NULL,
    -- Null once destroyed.
    wrapped        bytea,
    create_time    timestamptz NOT NULL,
    destroyed_time timestamptz
);

DO $$
DECLARE
    serving text := current_setting('holdfast.serving_role');
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA keys TO %I', serving);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON data_keys TO %I', serving);
END $$;
