-- Entries name devices and the rule, are salted, and can be checked after the oldest were forgotten. A chain begins anew.

DELETE FROM audit;
DELETE FROM audit_head;
ALTER TABLE audit ADD COLUMN devices TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN rule TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN salt TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_head ADD COLUMN base_number BIGINT NOT NULL DEFAULT 0;
ALTER TABLE audit_head ADD COLUMN base_hash TEXT NOT NULL
    DEFAULT '0000000000000000000000000000000000000000000000000000000000000000';
