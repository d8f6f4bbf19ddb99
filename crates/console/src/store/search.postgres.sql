-- Compared byte by byte: the order of a language is slow, and pages would not agree with it.
ALTER TABLE device
    ALTER COLUMN site TYPE TEXT COLLATE "C",
    ALTER COLUMN id TYPE TEXT COLLATE "C",
    ALTER COLUMN tenant TYPE TEXT COLLATE "C",
    ALTER COLUMN name_key TYPE TEXT COLLATE "C",
    ALTER COLUMN os TYPE TEXT COLLATE "C",
    ALTER COLUMN client_version TYPE TEXT COLLATE "C",
    ADD COLUMN user_name TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN serial TEXT NOT NULL DEFAULT '',
    ADD COLUMN addresses TEXT NOT NULL DEFAULT '',
    ADD COLUMN tags TEXT NOT NULL DEFAULT '',
    ADD COLUMN discovered BIGINT,
    ADD COLUMN seen BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN generation BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN search_key TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE device SET seen = online_changed, search_key = name_key;

CREATE INDEX device_of_site ON device (tenant, site, name_key, id);
CREATE INDEX device_online ON device (tenant, online, name_key, id);
CREATE INDEX device_site_online ON device (site, online);
CREATE INDEX device_seen ON device (tenant, seen, name_key, id);
CREATE INDEX device_os ON device (tenant, os, name_key, id);
CREATE INDEX device_client ON device (tenant, client_version, name_key, id);
CREATE INDEX device_user ON device (tenant, user_name, name_key, id);

-- A table of its own: a device that comes and goes would else be written anew into the index of its texts.
CREATE TABLE device_search (
    site TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    search_key TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (site, id),
    FOREIGN KEY (site, id) REFERENCES device (site, id) ON DELETE CASCADE
);
INSERT INTO device_search SELECT site, id, search_key FROM device;
