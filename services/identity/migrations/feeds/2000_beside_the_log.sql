-- What is not worth an event and must outlive a rebuild of the views, which is why it stands in this schema.

-- When a session was last used, to the minute: decides when it has been idle for too long.
CREATE TABLE session_uses (
    session       uuid        PRIMARY KEY,
    last_use_time timestamptz NOT NULL
);

-- When links were mailed to an address lately: one row per address, so that its lock makes the limit strict.
CREATE TABLE link_mails (
    address_hash bytea         PRIMARY KEY,
    mail_times   timestamptz[] NOT NULL
);
