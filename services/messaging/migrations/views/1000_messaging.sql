-- Read models of messaging. Subjects and bodies are sealed under the patient's key; in the clear stands what a query must find by.
CREATE TABLE threads (
    thread            uuid        PRIMARY KEY,
    patient           uuid        NOT NULL,
    tenant            uuid        NOT NULL,
    practice          uuid        NOT NULL,
    created_time      timestamptz NOT NULL,
    last_message_time timestamptz NOT NULL,
    message_count     int         NOT NULL,
    last_from_family  bool        NOT NULL,
    closed            bool        NOT NULL,
    revision          bigint      NOT NULL,
    subject           bytea       NOT NULL
);
CREATE INDEX threads_of_patient ON threads (patient, last_message_time DESC, thread DESC);

CREATE TABLE messages (
    thread       uuid        NOT NULL,
    number       int         NOT NULL,
    message      uuid        NOT NULL,
    patient      uuid        NOT NULL,
    author       text        NOT NULL,
    from_family  bool        NOT NULL,
    created_time timestamptz NOT NULL,
    revision     bigint      NOT NULL,
    content      bytea       NOT NULL,
    PRIMARY KEY (thread, number),
    UNIQUE (message)
);

-- How far each account has read each thread.
CREATE TABLE read_marks (
    thread  uuid NOT NULL,
    account uuid NOT NULL,
    number  int  NOT NULL,
    PRIMARY KEY (thread, account)
);
