-- Read models of documents. What a paper is called and where its bytes are is sealed under the patient's key; in the clear
-- stands what a query must find by.
CREATE TABLE documents (
    document      uuid        PRIMARY KEY,
    patient       uuid        NOT NULL,
    category      text        NOT NULL,
    added_time    timestamptz NOT NULL,
    withdraw_time timestamptz,
    revision      bigint      NOT NULL,
    paper         bytea       NOT NULL,
    reason        bytea
);
CREATE INDEX documents_of_patient ON documents (patient, added_time DESC, document DESC) WHERE withdraw_time IS NULL;

CREATE TABLE uploads (
    upload      uuid        PRIMARY KEY,
    patient     uuid        NOT NULL,
    tenant      uuid        NOT NULL,
    account     uuid        NOT NULL,
    category    text        NOT NULL,
    expire_time timestamptz NOT NULL,
    open        bool        NOT NULL
);
CREATE INDEX uploads_open ON uploads (account, expire_time) WHERE open;
CREATE INDEX uploads_due ON uploads (expire_time) WHERE open;
