-- The public keys of programs, which sign what they ask tokens with. Nothing here is personal, and nothing secret.
CREATE TABLE service_keys (
    account uuid  NOT NULL,
    key_id  text  NOT NULL,
    jwk     jsonb NOT NULL,
    PRIMARY KEY (account, key_id)
);
-- Programs had secrets before; with the column goes the rule that who has no address has one.
ALTER TABLE accounts DROP COLUMN secret_sha256;
