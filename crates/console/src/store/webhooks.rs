//! Webhooks, and the events that they have yet to deliver.

use action::{TenantId, Timestamp};
use console_api::{DeadLetter, LiveChange, Webhook};
use database::{DbError, Row, Statement, args};
use serde::Serialize;
use uuid::Uuid;

use super::{Audit, Store, audit};

/// The most changes that one look reads for a webhook.
const AT_ONCE: u32 = 500;

/// The most events that wait for one webhook. When there are as many, its changes wait where all changes are kept.
const MOST_WAITING: u64 = 10_000;

/// The most dead letters that are kept of one webhook and shown: what a person can look through.
const MOST_SHOWN: u32 = 200;

/// An event to deliver.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Event {
    pub(crate) number: u64,
    /// CloudEvents JSON.
    pub(crate) body: String,
}

/// A webhook as its next look needs it.
#[derive(Clone, Debug)]
pub(crate) struct Following {
    pub(crate) tenant: TenantId,
    pub(crate) id: Uuid,
    pub(crate) types: Vec<String>,
    pub(crate) seen: u64,
}

/// An event whose attempt is due, with where it goes.
pub(crate) struct Delivery {
    pub(crate) tenant: TenantId,
    pub(crate) webhook: Uuid,
    pub(crate) event: Event,
    pub(crate) attempts: u32,
    pub(crate) url: String,
    pub(crate) secret: String,
}

const LIST: Statement = Statement::both(
    "SELECT id, url, types, created,
        (SELECT COUNT(*) FROM delivery WHERE delivery.tenant = webhook.tenant AND delivery.webhook = webhook.id
            AND due IS NOT NULL) AS waiting,
        (SELECT COUNT(*) FROM delivery WHERE delivery.tenant = webhook.tenant AND delivery.webhook = webhook.id
            AND due IS NULL) AS dead
     FROM webhook WHERE tenant = $1 ORDER BY created, id",
);
const CREATE: Statement = Statement::both(
    "INSERT INTO webhook (tenant, id, url, types, secret, created, seen)
     SELECT $1, $2, $3, $4, $5, $6, changes FROM tenant WHERE id = $1",
);
const REMOVE: Statement = Statement::both("DELETE FROM webhook WHERE tenant = $1 AND id = $2");
const REMOVE_EVENTS: Statement = Statement::both("DELETE FROM delivery WHERE tenant = $1 AND webhook = $2");
const BEHIND: Statement = Statement::both(
    "SELECT webhook.tenant, webhook.id, webhook.types, webhook.seen FROM webhook
     JOIN tenant ON tenant.id = webhook.tenant AND tenant.changes > webhook.seen
     WHERE (SELECT COUNT(*) FROM delivery WHERE delivery.tenant = webhook.tenant AND delivery.webhook = webhook.id
        AND due IS NOT NULL) < $1 ORDER BY webhook.tenant, webhook.id",
);
const SEEN: Statement =
    Statement::both("UPDATE webhook SET seen = $4 WHERE tenant = $1 AND id = $2 AND seen = $3");
const PUT: Statement = Statement::split(
    "INSERT INTO delivery (tenant, webhook, number, body, attempts, due, error, at)
     SELECT $1, $2, value ->> 'number', value ->> 'body', 0, $3, '', $3 FROM json_each($4) WHERE true
     ON CONFLICT DO NOTHING",
    "INSERT INTO delivery (tenant, webhook, number, body, attempts, due, error, at)
     SELECT $1, $2, number, body, 0, $3, '', $3 FROM json_to_recordset($4::json) AS x (number bigint, body text)
     ON CONFLICT DO NOTHING",
);
// Who takes an event has it until `due`: another console node, or the next start, tries again after that.
const TAKE: Statement = Statement::both(
    "UPDATE delivery SET due = $2 WHERE due <= $1 AND (tenant, webhook, number) IN
        (SELECT tenant, webhook, number FROM delivery WHERE due <= $1 ORDER BY due LIMIT $3)
     RETURNING tenant, webhook, number, body, attempts,
        (SELECT url FROM webhook WHERE webhook.tenant = delivery.tenant AND webhook.id = delivery.webhook) AS url,
        (SELECT secret FROM webhook WHERE webhook.tenant = delivery.tenant AND webhook.id = delivery.webhook) AS secret",
);
const DONE: Statement =
    Statement::both("DELETE FROM delivery WHERE tenant = $1 AND webhook = $2 AND number = $3");
const FAILED: Statement = Statement::both(
    "UPDATE delivery SET attempts = attempts + 1, due = $4, error = $5, at = $6
     WHERE tenant = $1 AND webhook = $2 AND number = $3",
);
const DEAD: Statement = Statement::both(
    "SELECT number, body, attempts, error, at FROM delivery
     WHERE tenant = $1 AND webhook = $2 AND due IS NULL ORDER BY number LIMIT $3",
);
const REPLAY: Statement = Statement::both(
    "UPDATE delivery SET due = $3, attempts = 0 WHERE tenant = $1 AND webhook = $2 AND due IS NULL",
);
const KNOWN: Statement = Statement::both("SELECT 1 AS one FROM webhook WHERE tenant = $1 AND id = $2");
const OLD: Statement = Statement::both("DELETE FROM delivery WHERE due IS NULL AND at <= $1");

impl Store {
    /// Lists the webhooks of a tenant.
    pub(crate) async fn webhooks(&self, tenant: TenantId) -> Result<Vec<Webhook>, DbError> {
        let rows = self.db.rows(&LIST, args![tenant.to_string()]).await?;
        rows.iter().map(read).collect()
    }

    /// Makes a webhook; it is told what changes from now on.
    pub(crate) async fn create_webhook(
        &self,
        tenant: TenantId,
        webhook: &Webhook,
        secret: &str,
        entry: Audit,
    ) -> Result<(), DbError> {
        let mut transaction = self.db.begin().await?;
        let arguments = args![tenant.to_string(), webhook.id.to_string(), &webhook.url].set(&webhook.types);
        transaction.execute(&CREATE, arguments.with(secret).with(webhook.created.0)).await?;
        audit::append(&mut transaction, &[entry]).await?;
        transaction.commit().await
    }

    /// Ends a webhook, with what it has not delivered; returns whether the tenant had it.
    pub(crate) async fn remove_webhook(
        &self,
        tenant: TenantId,
        webhook: Uuid,
        entry: Audit,
    ) -> Result<bool, DbError> {
        let mut transaction = self.db.begin().await?;
        let one = || args![tenant.to_string(), webhook.to_string()];
        if transaction.execute(&REMOVE, one()).await? == 0 {
            return Ok(false);
        }
        transaction.execute(&REMOVE_EVENTS, one()).await?;
        audit::append(&mut transaction, &[entry]).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Returns the webhooks that have not seen the last change of their tenant, and have room for more.
    pub(crate) async fn webhooks_behind(&self) -> Result<Vec<Following>, DbError> {
        let rows = self.db.rows(&BEHIND, args![MOST_WAITING]).await?;
        rows.iter()
            .map(|row| {
                Ok(Following {
                    tenant: row.parsed("tenant")?,
                    id: row.parsed("id")?,
                    types: row.json("types")?,
                    seen: row.unsigned("seen")?,
                })
            })
            .collect()
    }

    /// Returns the changes that a webhook has not seen.
    pub(crate) async fn unseen(&self, webhook: &Following) -> Result<Vec<LiveChange>, DbError> {
        self.changes_after(webhook.tenant, webhook.seen, AT_ONCE).await
    }

    /// Stores what a webhook has to deliver, and that it has seen the changes up to `seen`. Where another console node
    /// was faster, nothing.
    pub(crate) async fn put_events(
        &self,
        webhook: &Following,
        seen: u64,
        events: &[Event],
        now: Timestamp,
    ) -> Result<(), DbError> {
        let mut transaction = self.db.begin().await?;
        let (tenant, id) = (webhook.tenant.to_string(), webhook.id.to_string());
        if transaction.execute(&SEEN, args![&tenant, &id, webhook.seen, seen]).await? == 0 {
            return Ok(());
        }
        if !events.is_empty() {
            transaction.execute(&PUT, args![tenant, id, now.0].set(events)).await?;
        }
        transaction.commit().await
    }

    /// Takes events whose attempt is due: nobody else does until `until`.
    pub(crate) async fn take_due(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>, DbError> {
        let mut transaction = self.db.begin().await?;
        let rows = transaction.rows(&TAKE, args![now.0, until.0, limit]).await?;
        transaction.commit().await?;
        rows.iter().map(due).collect()
    }

    /// Forgets an event that was delivered.
    pub(crate) async fn delivered(&self, delivery: &Delivery) -> Result<(), DbError> {
        self.db.write(&DONE, key(delivery)).await.map(|_| ())
    }

    /// Notes that an attempt failed; `next` is when the next one is due, none where it is given up.
    pub(crate) async fn not_delivered(
        &self,
        delivery: &Delivery,
        next: Option<Timestamp>,
        error: &str,
        now: Timestamp,
    ) -> Result<(), DbError> {
        let arguments = key(delivery).with(next.map(|next| next.0)).with(error).with(now.0);
        self.db.write(&FAILED, arguments).await.map(|_| ())
    }

    /// Returns the first dead letters of a webhook; none where the tenant has no such webhook.
    pub(crate) async fn dead_letters(
        &self,
        tenant: TenantId,
        webhook: Uuid,
    ) -> Result<Option<Vec<DeadLetter>>, DbError> {
        if !self.has_webhook(tenant, webhook).await? {
            return Ok(None);
        }
        let rows = self.db.rows(&DEAD, args![tenant.to_string(), webhook.to_string(), MOST_SHOWN]).await?;
        let letter = |row: &Row| {
            Ok(DeadLetter {
                number: row.unsigned("number")?,
                event: row.json("body")?,
                attempts: u32::try_from(row.unsigned("attempts")?).unwrap_or(u32::MAX),
                error: row.text("error")?.to_owned(),
                at: Timestamp(row.int("at")?),
            })
        };
        rows.iter().map(letter).collect::<Result<_, DbError>>().map(Some)
    }

    /// Has dead letters delivered after all; returns how many, none where the tenant has no such webhook.
    pub(crate) async fn replay(
        &self,
        tenant: TenantId,
        webhook: Uuid,
        now: Timestamp,
    ) -> Result<Option<u64>, DbError> {
        if !self.has_webhook(tenant, webhook).await? {
            return Ok(None);
        }
        self.db.write(&REPLAY, args![tenant.to_string(), webhook.to_string(), now.0]).await.map(Some)
    }

    /// Forgets dead letters from before a moment.
    pub(crate) async fn forget_dead_letters_before(&self, before: Timestamp) -> Result<u64, DbError> {
        self.db.write(&OLD, args![before.0]).await
    }

    async fn has_webhook(&self, tenant: TenantId, webhook: Uuid) -> Result<bool, DbError> {
        let found = self.db.row(&KNOWN, args![tenant.to_string(), webhook.to_string()]).await?;
        Ok(found.is_some())
    }
}

fn key(delivery: &Delivery) -> database::Args {
    args![delivery.tenant.to_string(), delivery.webhook.to_string(), delivery.event.number]
}

fn read(row: &Row) -> Result<Webhook, DbError> {
    Ok(Webhook {
        id: row.parsed("id")?,
        url: row.text("url")?.to_owned(),
        types: row.json("types")?,
        created: Timestamp(row.int("created")?),
        waiting: row.unsigned("waiting")?,
        dead: row.unsigned("dead")?,
    })
}

fn due(row: &Row) -> Result<Delivery, DbError> {
    Ok(Delivery {
        tenant: row.parsed("tenant")?,
        webhook: row.parsed("webhook")?,
        event: Event { number: row.unsigned("number")?, body: row.text("body")?.to_owned() },
        attempts: u32::try_from(row.unsigned("attempts")?).unwrap_or(u32::MAX),
        url: row.text("url")?.to_owned(),
        secret: row.text("secret")?.to_owned(),
    })
}
