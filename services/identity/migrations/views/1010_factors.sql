-- What accounts can show besides their mailbox, and what their sessions have shown. Secrets are in the log alone.
ALTER TABLE sessions ADD COLUMN awaits boolean NOT NULL DEFAULT false;
ALTER TABLE sessions ADD COLUMN by_passkey boolean NOT NULL DEFAULT false;
-- SHA-256 of what the browser keeps to be known again.
ALTER TABLE sessions ADD COLUMN device_sha256 bytea;
-- Sealed: from which network.
ALTER TABLE sessions ADD COLUMN network bytea;
CREATE INDEX sessions_device ON sessions (account, device_sha256);

ALTER TABLE tenants ADD COLUMN second_factor_required boolean NOT NULL DEFAULT true;

CREATE TABLE factors (
    account        uuid    PRIMARY KEY,
    totp           boolean NOT NULL,
    recovery_codes integer NOT NULL
);

CREATE TABLE passkeys (
    -- Of the credential id: one passkey is never two accounts'.
    passkey_sha256 bytea       PRIMARY KEY,
    account        uuid        NOT NULL,
    -- Sealed: credential id and name.
    body           bytea       NOT NULL,
    create_time    timestamptz NOT NULL,
    last_use_time  timestamptz
);
CREATE INDEX passkeys_account ON passkeys (account, create_time);

-- When a session last showed each.
CREATE TABLE session_factors (
    session    uuid        NOT NULL,
    factor     text        NOT NULL,
    shown_time timestamptz NOT NULL,
    PRIMARY KEY (session, factor)
);
