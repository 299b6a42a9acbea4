-- What permitted it: the rules, then the grants with their revisions. Null where no rule was asked, for looks, and in what is older than this.
ALTER TABLE events ADD COLUMN by_right text;
