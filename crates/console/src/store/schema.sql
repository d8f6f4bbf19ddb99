-- Both engines read this text. Moments are milliseconds since 1970, ids are text, secrets are SHA-256 in hexadecimal.

CREATE TABLE console (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL,
    created BIGINT NOT NULL,
    link_seed TEXT NOT NULL,
    setup_code TEXT
);

CREATE TABLE tenant (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    created BIGINT NOT NULL,
    changes BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE person (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenant (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL,
    operator BIGINT NOT NULL,
    password TEXT NOT NULL,
    disabled BIGINT NOT NULL,
    created BIGINT NOT NULL,
    UNIQUE (tenant, name_key)
);
CREATE INDEX person_name ON person (name_key);

CREATE TABLE session (
    hash TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    cookie BIGINT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX session_person ON session (person);
CREATE INDEX session_expires ON session (expires);

CREATE TABLE api_token (
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    person TEXT NOT NULL REFERENCES person (id),
    name TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    last_used BIGINT
);
CREATE INDEX api_token_person ON api_token (person);

CREATE TABLE site (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenant (id),
    name TEXT NOT NULL,
    link_key TEXT NOT NULL,
    state TEXT NOT NULL,
    attached BIGINT NOT NULL,
    link_up BIGINT NOT NULL DEFAULT 0,
    link_changed BIGINT,
    outbox BIGINT NOT NULL DEFAULT 0,
    events BIGINT NOT NULL DEFAULT 0,
    history BIGINT NOT NULL DEFAULT 0,
    devices_seq BIGINT NOT NULL DEFAULT 0,
    devices_round BIGINT NOT NULL DEFAULT 0,
    mirror TEXT
);
CREATE INDEX site_tenant ON site (tenant);

CREATE TABLE attach_code (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenant (id),
    code_key TEXT NOT NULL,
    expires BIGINT NOT NULL,
    site TEXT
);

CREATE TABLE device (
    site TEXT NOT NULL,
    id TEXT NOT NULL,
    tenant TEXT NOT NULL,
    resource BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    os TEXT NOT NULL,
    os_version TEXT NOT NULL,
    architecture TEXT NOT NULL,
    client_version TEXT NOT NULL,
    online BIGINT NOT NULL,
    online_changed BIGINT NOT NULL,
    enrolled BIGINT NOT NULL,
    compliant BIGINT,
    resources BIGINT,
    complied BIGINT,
    hash BIGINT NOT NULL,
    round BIGINT NOT NULL,
    PRIMARY KEY (site, id)
);
CREATE INDEX device_name ON device (tenant, name_key, id);
CREATE INDEX device_id ON device (tenant, id);

CREATE TABLE action (
    tenant TEXT NOT NULL,
    task_guid TEXT NOT NULL,
    batch TEXT,
    site TEXT NOT NULL,
    kind BIGINT NOT NULL,
    param TEXT NOT NULL,
    devices BIGINT NOT NULL,
    collection TEXT,
    collection_name TEXT,
    at_most BIGINT,
    asked_by TEXT NOT NULL,
    asker_name TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    deliver_by BIGINT NOT NULL,
    finish_within BIGINT NOT NULL,
    offline TEXT NOT NULL,
    request TEXT NOT NULL,
    base TEXT NOT NULL,
    state TEXT NOT NULL,
    is_open BIGINT NOT NULL,
    why TEXT,
    total BIGINT NOT NULL,
    concluded BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    PRIMARY KEY (tenant, task_guid)
);
CREATE INDEX action_asked ON action (tenant, asked_at, task_guid);
CREATE INDEX action_site ON action (site, is_open);
CREATE INDEX action_swept ON action (is_open, changed);

CREATE TABLE target (
    tenant TEXT NOT NULL,
    task_guid TEXT NOT NULL,
    device TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    why TEXT,
    detail TEXT NOT NULL,
    late BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    PRIMARY KEY (tenant, task_guid, device)
);
CREATE INDEX target_device ON target (tenant, device, task_guid);

CREATE TABLE tally (
    tenant TEXT NOT NULL,
    task_guid TEXT NOT NULL,
    state TEXT NOT NULL,
    targets BIGINT NOT NULL,
    PRIMARY KEY (tenant, task_guid, state)
);

CREATE TABLE history (
    tenant TEXT NOT NULL,
    task_guid TEXT NOT NULL,
    device TEXT NOT NULL,
    at BIGINT NOT NULL,
    hop TEXT NOT NULL,
    event TEXT NOT NULL,
    number BIGINT NOT NULL,
    why TEXT,
    rule TEXT,
    detail TEXT,
    late BIGINT NOT NULL,
    PRIMARY KEY (tenant, task_guid, device, at, hop, event)
);
CREATE INDEX history_number ON history (tenant, task_guid, number);

CREATE TABLE outbox (
    site TEXT NOT NULL,
    number BIGINT NOT NULL,
    tenant TEXT NOT NULL,
    task_guid TEXT NOT NULL,
    what TEXT NOT NULL,
    who TEXT NOT NULL,
    offered BIGINT,
    PRIMARY KEY (site, number)
);
CREATE INDEX outbox_task ON outbox (tenant, task_guid);
CREATE INDEX outbox_offered ON outbox (offered);

CREATE TABLE repetition (
    tenant TEXT NOT NULL,
    person TEXT NOT NULL,
    repetition_key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    actions TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant, person, repetition_key)
);
CREATE INDEX repetition_at ON repetition (at);

CREATE TABLE change (
    tenant TEXT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, number)
);
CREATE INDEX change_at ON change (at);

CREATE TABLE audit_head (
    tenant TEXT PRIMARY KEY,
    number BIGINT NOT NULL,
    hash TEXT NOT NULL
);

CREATE TABLE audit (
    tenant TEXT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    source TEXT NOT NULL,
    what TEXT NOT NULL,
    subject TEXT NOT NULL,
    result TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (tenant, number)
);
CREATE INDEX audit_at ON audit (at);
