-- What was changed into what: a grant that ended as another took its place, and that other.
ALTER TABLE given_grants ADD COLUMN replaces uuid, ADD COLUMN replaced_by uuid;
