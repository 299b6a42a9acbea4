-- Events that were taken in once are taken in again from the first: until a lane is where it was, what is made of them is not whole.
ALTER TABLE inbox ADD COLUMN replay_to bigint NOT NULL DEFAULT 0;
