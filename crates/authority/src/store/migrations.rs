//! The tables of the authority's own store.

use database::{Migrations, Step};

/// How the tables came to be.
pub(super) const MIGRATIONS: Migrations = Migrations {
    name: "authority",
    steps: &[
        Step { version: 1, sqlite: FIRST, postgres: FIRST },
        Step { version: 2, sqlite: PEOPLE, postgres: PEOPLE },
        Step { version: 3, sqlite: ROLLOUTS, postgres: ROLLOUTS },
        Step { version: 4, sqlite: APPLICATIONS, postgres: APPLICATIONS },
        Step { version: 5, sqlite: STANDING, postgres: STANDING },
        Step { version: 6, sqlite: POLICY_VERSIONS, postgres: POLICY_VERSIONS },
        Step { version: 7, sqlite: PROOFS, postgres: PROOFS },
        Step { version: 8, sqlite: ISSUERS, postgres: ISSUERS },
        Step { version: 9, sqlite: SERVICE_KEYS, postgres: SERVICE_KEYS },
        Step { version: 10, sqlite: WITNESS, postgres: WITNESS },
        Step { version: 11, sqlite: RETURNS, postgres: RETURNS },
        Step { version: 12, sqlite: SCOPES, postgres: SCOPES },
        Step { version: 13, sqlite: RECEIPTS, postgres: RECEIPTS },
        Step { version: 14, sqlite: APPROVALS, postgres: APPROVALS },
        Step { version: 15, sqlite: LEVELS, postgres: LEVELS },
        Step { version: 16, sqlite: SAME_ACCOUNTS, postgres: SAME_ACCOUNTS },
    ],
};

/// Entries of the audit are salted from now on, and the hashes of consoles' audits are kept.
const WITNESS: &str = "
ALTER TABLE audit ADD COLUMN salt TEXT NOT NULL DEFAULT '';
CREATE TABLE witness (
    tenant TEXT NOT NULL,
    number BIGINT NOT NULL,
    entry TEXT NOT NULL,
    chain TEXT NOT NULL,
    PRIMARY KEY (tenant, number)
);
CREATE TABLE witness_broken (
    tenant TEXT PRIMARY KEY,
    what TEXT NOT NULL
);
";

/// Devices that have lost their key come back as the same ones, and those that are not heard of are known.
const RETURNS: &str = "
ALTER TABLE join_token ADD COLUMN device TEXT;
CREATE TABLE former_enrolment (
    enrolment TEXT PRIMARY KEY,
    changed BIGINT NOT NULL
);
CREATE TABLE device_seen (
    device TEXT PRIMARY KEY,
    at BIGINT NOT NULL
);
";

/// Requests that wait for a second person, which do, and which accounts are one person's.
const APPROVALS: &str = "
ALTER TABLE decision ADD COLUMN approver TEXT;
CREATE TABLE waiting (
    task_guid TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    request_sha256 TEXT NOT NULL,
    person TEXT NOT NULL,
    person_name TEXT NOT NULL,
    proof TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    until BIGINT NOT NULL
);
CREATE TABLE approval_rule (
    kind BIGINT NOT NULL,
    collection TEXT NOT NULL,
    level TEXT NOT NULL,
    PRIMARY KEY (kind, collection)
);
CREATE TABLE same_person (
    person TEXT PRIMARY KEY,
    same_as TEXT NOT NULL
);
";

/// Decisions know the level of their proof. What is not known to be native is less.
const LEVELS: &str = "
ALTER TABLE decision ADD COLUMN level TEXT NOT NULL DEFAULT 'web';
UPDATE decision SET level = 'native' WHERE proof LIKE 'signed with the native key %';
";

/// An account is one person's with any number of others.
const SAME_ACCOUNTS: &str = "
CREATE TABLE same_account (
    person TEXT NOT NULL,
    same_as TEXT NOT NULL,
    PRIMARY KEY (person, same_as)
);
INSERT INTO same_account (person, same_as) SELECT person, same_as FROM same_person;
DROP TABLE same_person;
";

/// Applications and deployments.
const APPLICATIONS: &str = "
CREATE TABLE application (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    version BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    software_version TEXT NOT NULL,
    names TEXT NOT NULL,
    removed BIGINT NOT NULL
);
CREATE TABLE deployment (
    id TEXT PRIMARY KEY,
    application TEXT NOT NULL,
    collection TEXT NOT NULL,
    intent TEXT NOT NULL,
    deadline BIGINT,
    UNIQUE (application, collection)
);
";

/// Times are milliseconds since 1970; ids are hyphenated lower-case text; sets and structures are JSON text.
const FIRST: &str = "
CREATE TABLE device (
    device TEXT PRIMARY KEY,
    enrolment TEXT NOT NULL UNIQUE,
    resource BIGINT NOT NULL UNIQUE,
    key_sha256 TEXT NOT NULL,
    serial TEXT NOT NULL,
    facts TEXT NOT NULL,
    revoked BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    enrolled_at BIGINT NOT NULL
);
CREATE INDEX device_changed ON device (changed);
CREATE TABLE collection (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    query TEXT,
    version BIGINT NOT NULL
);
CREATE TABLE collection_member (
    collection TEXT NOT NULL,
    device TEXT NOT NULL,
    PRIMARY KEY (collection, device)
);
CREATE TABLE role (
    name TEXT PRIMARY KEY,
    permissions TEXT NOT NULL
);
CREATE TABLE assignment (
    person TEXT NOT NULL,
    person_name TEXT NOT NULL,
    role TEXT NOT NULL,
    collections TEXT NOT NULL,
    PRIMARY KEY (person, role)
);
CREATE TABLE policy (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    version BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    collections TEXT NOT NULL,
    removed BIGINT NOT NULL
);
CREATE TABLE document (
    sha256 TEXT PRIMARY KEY,
    document TEXT NOT NULL
);
CREATE TABLE join_token (
    id TEXT PRIMARY KEY,
    secret_sha256 TEXT NOT NULL,
    uses_left BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    collection TEXT
);
CREATE TABLE decision (
    task_guid TEXT PRIMARY KEY,
    request_sha256 TEXT NOT NULL,
    person TEXT NOT NULL,
    person_name TEXT NOT NULL,
    decision TEXT NOT NULL,
    keep_until BIGINT NOT NULL
);
CREATE INDEX decision_keep_until ON decision (keep_until);
CREATE TABLE audit (
    number BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    entry TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE TABLE number (
    name TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
";

/// Collections that build on each other, and people who hold nothing yet.
const PEOPLE: &str = "
ALTER TABLE collection ADD COLUMN include TEXT NOT NULL DEFAULT '[]';
ALTER TABLE collection ADD COLUMN exclude TEXT NOT NULL DEFAULT '[]';
ALTER TABLE collection ADD COLUMN limited_to TEXT;
CREATE TABLE person (
    person TEXT PRIMARY KEY,
    name TEXT NOT NULL
);
INSERT INTO person (person, name) SELECT person, max(person_name) FROM assignment GROUP BY person;
";

/// Pushes that go ring by ring.
const ROLLOUTS: &str = "
CREATE TABLE rollout_plan (
    collection TEXT PRIMARY KEY,
    plan TEXT NOT NULL
);
CREATE TABLE rollout (
    task_guid TEXT PRIMARY KEY,
    plan TEXT NOT NULL,
    stands TEXT NOT NULL,
    keep_until BIGINT NOT NULL
);
CREATE INDEX rollout_keep_until ON rollout (keep_until);
";

/// Where devices stand with the site, and tokens whose devices wait for approval.
const STANDING: &str = r#"
ALTER TABLE device ADD COLUMN standing TEXT NOT NULL DEFAULT '"active"';
UPDATE device SET standing = '"revoked"' WHERE revoked = 1;
ALTER TABLE join_token ADD COLUMN approval BIGINT NOT NULL DEFAULT 0;
"#;

/// The proofs of people: their keys, codes that pair them, the level of each kind, for whom the console may vouch, and the
/// last nonces. Decisions from before were all vouched for.
const PROOFS: &str = "
CREATE TABLE person_key (
    jkt TEXT PRIMARY KEY,
    jwk TEXT NOT NULL,
    person TEXT NOT NULL,
    person_name TEXT NOT NULL,
    level TEXT NOT NULL,
    tenant TEXT NOT NULL,
    console TEXT NOT NULL,
    how TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE TABLE pairing (
    id TEXT PRIMARY KEY,
    secret TEXT NOT NULL,
    person TEXT NOT NULL,
    person_name TEXT NOT NULL,
    level TEXT NOT NULL,
    expires BIGINT NOT NULL,
    failures BIGINT NOT NULL
);
CREATE TABLE kind_level (
    kind BIGINT PRIMARY KEY,
    level TEXT NOT NULL
);
CREATE TABLE vouch_grant (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    person_name TEXT NOT NULL,
    token TEXT,
    collection TEXT NOT NULL,
    per_hour BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE TABLE site_nonce (
    at BIGINT PRIMARY KEY
);
ALTER TABLE decision ADD COLUMN proof TEXT NOT NULL DEFAULT 'vouched by the console';
";

/// Policies for users, by priority, with every version that they had.
const POLICY_VERSIONS: &str = "
ALTER TABLE policy ADD COLUMN users TEXT NOT NULL DEFAULT '[]';
ALTER TABLE policy ADD COLUMN priority BIGINT NOT NULL DEFAULT 100;
CREATE TABLE policy_version (
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    collections TEXT NOT NULL,
    users TEXT NOT NULL,
    priority BIGINT NOT NULL,
    removed BIGINT NOT NULL,
    at BIGINT NOT NULL,
    what TEXT NOT NULL,
    PRIMARY KEY (id, version)
);
INSERT INTO policy_version (id, version, name, sha256, collections, users, priority, removed, at, what)
    SELECT id, version, name, sha256, collections, users, priority, removed, 0, 'put' FROM policy;
";

/// Identity providers that the owner pinned, each with its keys; and which of them proved a person's key.
const ISSUERS: &str = "
CREATE TABLE issuer (
    issuer TEXT PRIMARY KEY,
    pin TEXT NOT NULL,
    keys TEXT NOT NULL
);
ALTER TABLE person_key ADD COLUMN issuer TEXT;
ALTER TABLE person_key ADD COLUMN idh TEXT NOT NULL DEFAULT '';
";

/// Keys that may ask for some kinds on one collection only.
const SERVICE_KEYS: &str = "
ALTER TABLE pairing ADD COLUMN service TEXT;
ALTER TABLE person_key ADD COLUMN service TEXT;
";

/// Security scopes, and people whom the site discovered.
const SCOPES: &str = "
CREATE TABLE scope (
    name TEXT PRIMARY KEY,
    description TEXT NOT NULL
);
ALTER TABLE collection ADD COLUMN scopes TEXT NOT NULL DEFAULT '[]';
ALTER TABLE assignment ADD COLUMN scopes TEXT NOT NULL DEFAULT '[]';
ALTER TABLE person ADD COLUMN discovered TEXT;
";

/// Decisions know where they stand in the audit.
const RECEIPTS: &str = "
ALTER TABLE decision ADD COLUMN audit TEXT;
";
