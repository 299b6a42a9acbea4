-- The subject whose key wraps this one, where it is the key of a single stream: whoever destroys that destroys this. Null: the tenant's does.
ALTER TABLE data_keys ADD COLUMN within uuid;
