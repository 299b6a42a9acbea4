-- What consent said of a record, in order, for deciding again.
CREATE INDEX entries_said ON entries (patient, lane_seq) WHERE service = 'consent' AND kind = 'sharing';
