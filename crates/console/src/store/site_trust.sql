-- What the console knows of the keys of a site's authority, and what the site has named of its audit before it was kept.

-- SHA-256 of the root key, as it was told when the site was attached, or as that key said since.
ALTER TABLE site ADD COLUMN root TEXT;
-- The last trust document that was verified with it.
ALTER TABLE site ADD COLUMN trust TEXT;
-- Whether the head was verified with a key of that document.
ALTER TABLE site_audit_head ADD COLUMN verified BIGINT NOT NULL DEFAULT 0;

CREATE TABLE site_receipt (
    site TEXT NOT NULL,
    number BIGINT NOT NULL,
    chain TEXT NOT NULL,
    PRIMARY KEY (site, number)
);
