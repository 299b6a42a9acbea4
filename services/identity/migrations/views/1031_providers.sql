-- Which practice's sign-in provider vouches for addresses of a domain: one domain, one provider.
CREATE TABLE sign_in_domains (
    domain   text PRIMARY KEY,
    tenant   uuid NOT NULL,
    -- The nil id: the whole tenant.
    practice uuid NOT NULL,
    provider uuid NOT NULL
);
CREATE INDEX sign_in_domains_provider ON sign_in_domains (provider);

-- Whose somebody is whom a provider knows. The id is made of provider, issuer and subject.
CREATE TABLE provider_links (
    link    uuid PRIMARY KEY,
    account uuid NOT NULL
);

-- The tenant whose provider began it: the roles of no other go into its tokens.
ALTER TABLE sessions ADD COLUMN provider_tenant uuid;
