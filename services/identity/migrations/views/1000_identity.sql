-- Identity's projections of its own log. What is personal is sealed under the account's key; in the clear stands what is searched by.
CREATE TABLE accounts (
    account       uuid        PRIMARY KEY,
    tenant        uuid        NOT NULL,
    -- HMAC-SHA-256 of the address: found by, not read. Null for programs. Unique, so that one address never has two accounts.
    address_hash  bytea       UNIQUE,
    -- Of a program's secret.
    secret_sha256 bytea,
    -- Sealed: address, name, language, text size, discipline.
    body          bytea       NOT NULL,
    create_time   timestamptz NOT NULL,
    revision      bigint      NOT NULL,
    CHECK ((address_hash IS NULL) <> (secret_sha256 IS NULL))
);

CREATE TABLE account_roles (
    account  uuid NOT NULL,
    role     text NOT NULL,
    tenant   uuid NOT NULL,
    -- The nil id: the whole tenant.
    practice uuid NOT NULL,
    PRIMARY KEY (account, role, tenant, practice)
);
CREATE INDEX account_roles_practice ON account_roles (practice, role, account);

CREATE TABLE sessions (
    session       uuid        PRIMARY KEY,
    account       uuid        NOT NULL,
    secret_sha256 bytea       NOT NULL UNIQUE,
    -- Sealed: what the browser calls itself.
    body          bytea       NOT NULL,
    create_time   timestamptz NOT NULL,
    expire_time   timestamptz NOT NULL,
    -- Request id of the command that ended it.
    ended_by      uuid
);
CREATE INDEX sessions_open ON sessions (account, create_time DESC, session DESC) WHERE ended_by IS NULL;
CREATE INDEX sessions_ended ON sessions (account, ended_by) WHERE ended_by IS NOT NULL;

CREATE TABLE sign_ins (
    link_sha256 bytea PRIMARY KEY,
    sign_in     uuid  NOT NULL,
    -- The account, or the id that an unknown address would get.
    subject     uuid  NOT NULL
);

-- Organisations, not people: their names are public, and lists are ordered by them.
CREATE TABLE tenants (
    tenant       uuid PRIMARY KEY,
    display_name text NOT NULL
);

CREATE TABLE practices (
    practice     uuid   PRIMARY KEY,
    tenant       uuid   NOT NULL,
    display_name text   NOT NULL,
    disciplines  text[] NOT NULL
);
CREATE INDEX practices_name ON practices (display_name, practice);
