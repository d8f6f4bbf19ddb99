-- Own roles of a tenant, who holds which role where, and groups of devices.

CREATE TABLE console_role (
    tenant TEXT NOT NULL REFERENCES tenant (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    description TEXT NOT NULL,
    permissions TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, name_key)
);

CREATE TABLE assignment (
    tenant TEXT NOT NULL REFERENCES tenant (id),
    id TEXT NOT NULL,
    role TEXT NOT NULL,
    holder_kind TEXT NOT NULL,
    holder TEXT NOT NULL,
    sites TEXT NOT NULL,
    device_groups TEXT NOT NULL,
    given_by TEXT NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX assignment_holder ON assignment (tenant, holder_kind, holder);

CREATE TABLE device_group (
    tenant TEXT NOT NULL REFERENCES tenant (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    filter TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, name_key)
);

ALTER TABLE api_token ADD COLUMN limits TEXT;
