//! The tables. Times are milliseconds since 1970, ids hyphenated lower-case texts, states the numbers of [`crate::code`].

use database::{Migrations, Step};

/// The first version, once for both engines.
macro_rules! first {
    (id = $id:literal, bytes = $bytes:literal, key = $key:literal, clustered = $clustered:literal) => {
        concat!(
            // Numbers that grow by one transaction after the other: whoever has read up to one never misses a lower.
            "CREATE TABLE counter (name ", $id, " PRIMARY KEY, value BIGINT NOT NULL);
            INSERT INTO counter (name, value) VALUES ('cancel', 0), ('device', 0), ('event', 0), ('push_message', 0);

            CREATE TABLE device (
                device ", $id, " PRIMARY KEY,
                enrolment ", $id, " NOT NULL,
                resource BIGINT NOT NULL UNIQUE,
                name TEXT NOT NULL,
                os TEXT NOT NULL,
                os_version TEXT NOT NULL,
                architecture TEXT NOT NULL,
                client_version TEXT NOT NULL,
                hardware TEXT NOT NULL,
                enrolled BIGINT NOT NULL,
                discovered BIGINT NOT NULL,
                online BIGINT NOT NULL,
                online_changed BIGINT NOT NULL,
                server ", $id, ",
                compliant BIGINT,
                total BIGINT,
                complied_at BIGINT,
                hash BIGINT NOT NULL,
                seq BIGINT NOT NULL
            );
            CREATE UNIQUE INDEX device_by_seq ON device (seq);
            CREATE INDEX device_by_server ON device (server) WHERE online = 1;

            CREATE TABLE compliance (
                device ", $id, " PRIMARY KEY REFERENCES device (device) ON DELETE CASCADE,
                generation BIGINT NOT NULL,
                at BIGINT NOT NULL,
                received BIGINT NOT NULL,
                report TEXT NOT NULL
            );

            CREATE TABLE removed_device (device ", $id, " PRIMARY KEY, seq BIGINT NOT NULL, at BIGINT NOT NULL);
            CREATE UNIQUE INDEX removed_device_by_seq ON removed_device (seq);

            CREATE TABLE notification (
                task_guid ", $id, " PRIMARY KEY,
                request ", $bytes, " NOT NULL,
                user_id ", $id, " NOT NULL,
                user_name TEXT NOT NULL,
                received_at BIGINT NOT NULL,
                decided_at BIGINT
            );
            CREATE INDEX notification_undecided ON notification (received_at) WHERE decided_at IS NULL;
            CREATE INDEX notification_decided ON notification (decided_at) WHERE decided_at IS NOT NULL;

            CREATE TABLE push_message (
                task_id ", $key, " PRIMARY KEY,
                task_guid ", $id, " NOT NULL UNIQUE,
                number BIGINT NOT NULL UNIQUE,
                kind BIGINT NOT NULL,
                param TEXT NOT NULL,
                deliver_by BIGINT NOT NULL,
                finish_within_seconds BIGINT NOT NULL,
                offline TEXT NOT NULL,
                targets BIGINT NOT NULL,
                unfinished BIGINT NOT NULL,
                forwarded_at BIGINT NOT NULL,
                ended_at BIGINT,
                cancel_number BIGINT UNIQUE
            );
            CREATE INDEX push_message_open ON push_message (number) WHERE unfinished > 0;
            CREATE INDEX push_message_due ON push_message (deliver_by) WHERE unfinished > 0;
            CREATE INDEX push_message_ended ON push_message (ended_at) WHERE ended_at IS NOT NULL;

            CREATE TABLE push_task (
                task_id BIGINT NOT NULL,
                device ", $id, " NOT NULL,
                state BIGINT NOT NULL,
                why TEXT,
                changed BIGINT NOT NULL,
                push_id BIGINT,
                finish_by BIGINT,
                answered BIGINT NOT NULL,
                PRIMARY KEY (task_id, device)
            )", $clustered, ";
            CREATE INDEX push_task_waiting ON push_task (device, task_id) WHERE state < 50;
            CREATE INDEX push_task_due ON push_task (finish_by) WHERE finish_by IS NOT NULL;

            CREATE TABLE push (push_id ", $key, " PRIMARY KEY, task_id BIGINT NOT NULL);
            CREATE INDEX push_by_task ON push (task_id);

            CREATE TABLE event (
                number ", $key, " PRIMARY KEY,
                task_guid ", $id, " NOT NULL,
                device ", $id, ",
                hop TEXT NOT NULL,
                at BIGINT NOT NULL,
                event TEXT NOT NULL
            );
            CREATE INDEX event_by_task ON event (task_guid, number);

            CREATE TABLE setting (name ", $id, " PRIMARY KEY, value TEXT NOT NULL);

            CREATE TABLE content (
                sha256 ", $id, " PRIMARY KEY,
                size BIGINT NOT NULL,
                stored BIGINT NOT NULL,
                bytes ", $bytes, " NOT NULL
            );
            CREATE INDEX content_by_age ON content (stored);"
        )
    };
}

/// Content files of applications, and how applications stand on devices.
macro_rules! applications {
    (id = $id:literal, bytes = $bytes:literal) => {
        concat!(
            "CREATE TABLE content_file (
                sha256 ",
            $id,
            " PRIMARY KEY,
                name TEXT NOT NULL,
                size BIGINT NOT NULL,
                chunks BIGINT NOT NULL,
                complete BIGINT NOT NULL,
                stored BIGINT NOT NULL
            );

            CREATE TABLE content_chunk (
                sha256 ",
            $id,
            " NOT NULL REFERENCES content_file (sha256) ON DELETE CASCADE,
                number BIGINT NOT NULL,
                bytes ",
            $bytes,
            " NOT NULL,
                PRIMARY KEY (sha256, number)
            );

            CREATE TABLE device_application (
                device ",
            $id,
            " NOT NULL REFERENCES device (device) ON DELETE CASCADE,
                application ",
            $id,
            " NOT NULL,
                deployment TEXT NOT NULL,
                state TEXT NOT NULL,
                detail TEXT NOT NULL,
                at BIGINT NOT NULL,
                received BIGINT NOT NULL,
                PRIMARY KEY (device, application)
            );
            CREATE INDEX device_application_by_state ON device_application (application, state);"
        )
    };
}

/// Parts of the logs of agents, as tasks have asked for them.
macro_rules! logs {
    (id = $id:literal) => {
        concat!(
            "CREATE TABLE device_log (
                device ",
            $id,
            " NOT NULL REFERENCES device (device) ON DELETE CASCADE,
                task_guid ",
            $id,
            " NOT NULL,
                number BIGINT NOT NULL,
                parts BIGINT NOT NULL,
                file TEXT NOT NULL,
                text TEXT NOT NULL,
                size BIGINT NOT NULL,
                at BIGINT NOT NULL,
                received BIGINT NOT NULL,
                PRIMARY KEY (device, task_guid, number)
            );
            CREATE INDEX device_log_by_age ON device_log (received, size);"
        )
    };
}

/// What people search devices by, JSON; none where the device says nothing of it.
const DETAILS: &str = "ALTER TABLE device ADD COLUMN details TEXT;";

/// What happened to many targets of one action in one commit is one row: how many events it has, and the targets.
const RUNS: &str = "ALTER TABLE event ADD COLUMN entries BIGINT NOT NULL DEFAULT 1; ALTER TABLE event ADD COLUMN targets TEXT;";

/// How pushes drain, as each notification server tells it.
macro_rules! drains {
    (id = $id:literal) => {
        concat!(
            "CREATE TABLE push_drain (
                task_id BIGINT NOT NULL REFERENCES push_message (task_id) ON DELETE CASCADE,
                server ",
            $id,
            " NOT NULL,
                strategy BIGINT NOT NULL,
                param BIGINT NOT NULL,
                clients BIGINT NOT NULL,
                sent BIGINT NOT NULL,
                ahead BIGINT NOT NULL,
                predicted BIGINT NOT NULL,
                elapsed BIGINT NOT NULL,
                through BIGINT NOT NULL,
                at BIGINT NOT NULL,
                PRIMARY KEY (task_id, server)
            );"
        )
    };
}

pub(crate) const MIGRATIONS: Migrations = Migrations {
    name: "site",
    steps: &[
        Step {
            version: 1,
            sqlite: first!(id = "TEXT", bytes = "BLOB", key = "INTEGER", clustered = " WITHOUT ROWID"),
            // Ids are compared byte by byte: the order of a language is of no use to them and slow.
            postgres: first!(id = r#"TEXT COLLATE "C""#, bytes = "BYTEA", key = "BIGINT", clustered = ""),
        },
        Step {
            version: 2,
            sqlite: applications!(id = "TEXT", bytes = "BLOB"),
            postgres: applications!(id = r#"TEXT COLLATE "C""#, bytes = "BYTEA"),
        },
        Step { version: 3, sqlite: DETAILS, postgres: DETAILS },
        Step { version: 4, sqlite: RUNS, postgres: RUNS },
        Step { version: 5, sqlite: logs!(id = "TEXT"), postgres: logs!(id = r#"TEXT COLLATE "C""#) },
        Step { version: 6, sqlite: drains!(id = "TEXT"), postgres: drains!(id = r#"TEXT COLLATE "C""#) },
    ],
};
