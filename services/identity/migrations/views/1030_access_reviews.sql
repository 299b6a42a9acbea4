-- Since when a role is held; of those given before it was kept here, a rebuild tells.
ALTER TABLE account_roles ADD COLUMN since timestamptz;

CREATE TABLE access_reviews (
    review          uuid        PRIMARY KEY,
    tenant          uuid        NOT NULL,
    opened_by       uuid        NOT NULL,
    open_time       timestamptz NOT NULL,
    signed_off_by   uuid,
    sign_off_time   timestamptz,
    revision        bigint      NOT NULL
);
CREATE INDEX access_reviews_tenant ON access_reviews (tenant, open_time DESC, review DESC);

CREATE TABLE access_review_lines (
    review       uuid NOT NULL,
    account      uuid NOT NULL,
    role         text NOT NULL,
    -- The nil id: the whole tenant.
    practice     uuid NOT NULL,
    since        timestamptz,
    last_used    timestamptz,
    -- Null until it is decided.
    verdict      text,
    decided_by   uuid,
    decided_time timestamptz,
    PRIMARY KEY (review, account, role, practice)
);
