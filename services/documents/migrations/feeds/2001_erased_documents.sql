-- Papers that consent says were erased by themselves. Not made again from the own log, which does not know of it.
CREATE TABLE erased_documents (
    document uuid NOT NULL,
    patient  uuid NOT NULL,
    -- The one that the paper's objects were kept for.
    tenant   uuid NOT NULL,
    -- Whether its objects are removed.
    cleared  bool NOT NULL DEFAULT false,
    PRIMARY KEY (document, patient)
);
CREATE INDEX erased_documents_uncleared ON erased_documents (document) WHERE NOT cleared;
