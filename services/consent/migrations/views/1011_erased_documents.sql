-- Documents that were erased by themselves, for the comparison with the ledger of erasures. Whether the record has such a document is not
-- known here.
CREATE TABLE erased_documents (
    document uuid NOT NULL,
    patient  uuid NOT NULL,
    tenant   uuid NOT NULL,
    PRIMARY KEY (document, patient)
);
