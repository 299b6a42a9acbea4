-- By whose word a grant stands: `holder`, or `emergency` for what was taken without one.
ALTER TABLE access_grants ADD COLUMN basis text NOT NULL DEFAULT 'holder';
