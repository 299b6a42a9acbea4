-- What permitted a change: the rules, then the grants with their revisions. Null for looks, whose payload says it, and where nothing was said.
ALTER TABLE entries ADD COLUMN by_right text;
