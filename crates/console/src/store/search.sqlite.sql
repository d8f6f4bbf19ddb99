-- Devices get a number of their own: an index of texts refers to rows by number, and unnamed numbers do not survive a
-- backup.
CREATE TABLE device_2 (
    row INTEGER PRIMARY KEY,
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
    user_name TEXT NOT NULL DEFAULT '',
    serial TEXT NOT NULL DEFAULT '',
    addresses TEXT NOT NULL DEFAULT '',
    tags TEXT NOT NULL DEFAULT '',
    discovered BIGINT,
    seen BIGINT NOT NULL DEFAULT 0,
    generation BIGINT NOT NULL DEFAULT 0,
    search_key TEXT NOT NULL DEFAULT '',
    UNIQUE (site, id)
);
INSERT INTO device_2 (site, id, tenant, resource, name, name_key, os, os_version, architecture, client_version, online,
    online_changed, enrolled, compliant, resources, complied, hash, round, seen, search_key)
SELECT site, id, tenant, resource, name, name_key, os, os_version, architecture, client_version, online,
    online_changed, enrolled, compliant, resources, complied, hash, round, online_changed, name_key FROM device;
DROP TABLE device;
ALTER TABLE device_2 RENAME TO device;

CREATE INDEX device_name ON device (tenant, name_key, id);
CREATE INDEX device_id ON device (tenant, id);
CREATE INDEX device_of_site ON device (tenant, site, name_key, id);
CREATE INDEX device_online ON device (tenant, online, name_key, id);
CREATE INDEX device_site_online ON device (site, online);
CREATE INDEX device_seen ON device (tenant, seen, name_key, id);
CREATE INDEX device_os ON device (tenant, os, name_key, id);
CREATE INDEX device_client ON device (tenant, client_version, name_key, id);
CREATE INDEX device_user ON device (tenant, user_name, name_key, id);

-- The texts are in lower case already. Without places of letters the index is a third as large; what it finds is
-- compared with the text anyway.
CREATE VIRTUAL TABLE device_search USING fts5 (
    search_key, content = 'device', content_rowid = 'row', tokenize = 'trigram case_sensitive 1', detail = 'none'
);
INSERT INTO device_search (device_search) VALUES ('rebuild');
CREATE TRIGGER device_search_insert AFTER INSERT ON device BEGIN
    INSERT INTO device_search (rowid, search_key) VALUES (new.row, new.search_key);
END;
CREATE TRIGGER device_search_delete AFTER DELETE ON device BEGIN
    INSERT INTO device_search (device_search, rowid, search_key) VALUES ('delete', old.row, old.search_key);
END;
CREATE TRIGGER device_search_update AFTER UPDATE OF search_key ON device WHEN old.search_key <> new.search_key BEGIN
    INSERT INTO device_search (device_search, rowid, search_key) VALUES ('delete', old.row, old.search_key);
    INSERT INTO device_search (rowid, search_key) VALUES (new.row, new.search_key);
END;
