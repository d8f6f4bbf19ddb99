-- The hashes of sites' audits, as their heads came over the link: what is changed there later no longer fits them.

CREATE TABLE site_audit (
    site TEXT NOT NULL,
    number BIGINT NOT NULL,
    entry TEXT NOT NULL,
    chain TEXT NOT NULL,
    PRIMARY KEY (site, number)
);

CREATE TABLE site_audit_head (
    site TEXT PRIMARY KEY,
    number BIGINT NOT NULL,
    hash TEXT NOT NULL,
    -- The head, signed by the site's authority.
    signed TEXT NOT NULL,
    -- When it grew, and when it was last compared with what the site has.
    at BIGINT NOT NULL,
    checked BIGINT NOT NULL,
    -- What is wrong with it, where something is.
    broken TEXT
);
