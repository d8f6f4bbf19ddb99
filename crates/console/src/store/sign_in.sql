-- How each tenant's people sign in, and sign-ins at a provider that have begun. Sessions get an id that may be shown.

DELETE FROM session;
ALTER TABLE session ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN method TEXT NOT NULL DEFAULT 'local';
ALTER TABLE session ADD COLUMN source TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX session_id ON session (id);

ALTER TABLE person ADD COLUMN issuer TEXT;
ALTER TABLE person ADD COLUMN subject TEXT;
ALTER TABLE person ADD COLUMN group_names TEXT NOT NULL DEFAULT '[]';
CREATE UNIQUE INDEX person_subject ON person (tenant, issuer, subject);

CREATE TABLE sign_in (
    tenant TEXT PRIMARY KEY REFERENCES tenant (id),
    local_accounts BIGINT NOT NULL,
    openid TEXT
);

CREATE TABLE sign_in_begun (
    state TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenant (id),
    ticket TEXT NOT NULL,
    client TEXT NOT NULL,
    nonce TEXT NOT NULL,
    verifier TEXT NOT NULL,
    redirect TEXT NOT NULL,
    return_to TEXT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX sign_in_begun_expires ON sign_in_begun (expires);
