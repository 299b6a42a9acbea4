-- What is known of each patient. In the clear stands what is asked by: ids, categories, times, states; the rest is sealed.
CREATE TABLE patients (
    patient     uuid        PRIMARY KEY,
    tenant      uuid        NOT NULL,
    revision    bigint      NOT NULL,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    -- Sealed: demographics.
    body        bytea       NOT NULL
);

-- One row per item: what a command about it needs to know.
CREATE TABLE items (
    patient       uuid    NOT NULL,
    item          uuid    NOT NULL,
    -- The source that recorded it first: its identity belongs to that source.
    origin        uuid    NOT NULL,
    category      text    NOT NULL,
    resource_type text    NOT NULL,
    revision      bigint  NOT NULL,
    retracted     boolean NOT NULL,
    -- Sealed: SHA-256 of the content, and of the content that the origin sent last.
    content       bytea   NOT NULL,
    sent          bytea   NOT NULL,
    PRIMARY KEY (patient, item)
);

-- One row per revision of an item.
CREATE TABLE item_versions (
    patient       uuid        NOT NULL,
    item          uuid        NOT NULL,
    revision      bigint      NOT NULL,
    category      text        NOT NULL,
    resource_type text        NOT NULL,
    source        uuid        NOT NULL,
    source_kind   text        NOT NULL,
    -- Null: the source does not say.
    occurred      timestamptz,
    recorded      timestamptz NOT NULL,
    -- When the next revision was recorded; null while this one stands.
    superseded    timestamptz,
    actor         text        NOT NULL,
    retracted     boolean     NOT NULL,
    -- Sealed: title, value, status, source, performers, the resource, the reason of a retraction.
    body          bytea       NOT NULL,
    PRIMARY KEY (patient, item, revision)
);
CREATE INDEX item_versions_newest
    ON item_versions (patient, (coalesce(occurred, '-infinity'::timestamptz)) DESC, item DESC)
    WHERE superseded IS NULL;

-- When a source was last read.
CREATE TABLE sources (
    patient   uuid        NOT NULL,
    source    uuid        NOT NULL,
    read_time timestamptz NOT NULL,
    PRIMARY KEY (patient, source)
);

-- Organizations, places and practitioners of a tenant.
CREATE TABLE directory (
    tenant   uuid   NOT NULL,
    entry    uuid   NOT NULL,
    kind     text   NOT NULL,
    revision bigint NOT NULL,
    -- Sealed under the tenant's key: name and resource.
    body     bytea  NOT NULL,
    PRIMARY KEY (tenant, entry)
);

-- Every name by which a reference may call an entry, as its UUIDv5 in the tenant.
CREATE TABLE directory_keys (
    tenant uuid NOT NULL,
    key    uuid NOT NULL,
    entry  uuid NOT NULL,
    PRIMARY KEY (tenant, key)
);
