//! Requests that the console has sent and the site has stored.

use action::Conclusion;
use action::{Audited, Entry, Event, Hop, Reason, TaskGuid, Timestamp, UserId};
use database::{DbError, Row, Statement, args};

use crate::{SiteStore, events};

/// A request of the console, as received.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Notification {
    /// The action.
    pub task_guid: TaskGuid,
    /// The request's bytes.
    pub request: Vec<u8>,
    /// The person, as the console signed them in.
    pub user: UserId,
    /// The person's sign-in name.
    pub user_name: String,
    /// When the site received it.
    pub received_at: Timestamp,
}

/// What became of a notification that was handed to [`SiteStore::take_notification`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Taken {
    /// It is stored now.
    New,
    /// It was stored before: the console may be told so again.
    Seen,
}

const TAKE: Statement = Statement::both(
    "INSERT INTO notification (task_guid, request, user_id, user_name, received_at) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (task_guid) DO NOTHING",
);
const UNDECIDED: Statement = Statement::both(
    "SELECT task_guid, request, user_id, user_name, received_at FROM notification WHERE decided_at IS NULL \
     ORDER BY received_at, task_guid LIMIT $1",
);
const WAITS: Statement =
    Statement::both("SELECT 1 AS told FROM event WHERE task_guid = $1 AND event = $2 LIMIT 1");
const IS_UNDECIDED: Statement = Statement::split(
    "SELECT 1 AS open FROM notification WHERE task_guid = $1 AND decided_at IS NULL",
    "SELECT 1 AS open FROM notification WHERE task_guid = $1 AND decided_at IS NULL FOR UPDATE",
);
const ONE: Statement = Statement::both(
    "SELECT task_guid, request, user_id, user_name, received_at FROM notification WHERE task_guid = $1",
);
/// Decides a notification once: whoever comes second touches no row.
pub(crate) const DECIDE: Statement =
    Statement::both("UPDATE notification SET decided_at = $2 WHERE task_guid = $1 AND decided_at IS NULL");

impl SiteStore {
    /// Stores a notification and the event that it was delivered to the site. One commit where it is new: after it,
    /// the console may be told.
    ///
    /// # Errors
    ///
    /// Where the database fails; nothing may be acknowledged then.
    pub async fn take_notification(&self, notification: &Notification) -> Result<Taken, DbError> {
        let Notification { task_guid, request, user, user_name, received_at } = notification;
        let mut transaction = self.db.begin().await?;
        let args =
            args![task_guid.to_string(), request.as_slice(), user.to_string(), user_name, received_at.0];
        if transaction.execute(&TAKE, args).await? == 0 {
            return Ok(Taken::Seen);
        }
        let entry = Entry {
            task_guid: *task_guid,
            device: None,
            hop: Hop::ServiceConnector,
            at: *received_at,
            event: Event::DeliveredToSite { reason: None },
        };
        events::write(&mut transaction, &[entry]).await?;
        transaction.commit().await?;
        Ok(Taken::New)
    }

    /// Returns the notifications that are neither forwarded nor refused, the oldest first.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn undecided(&self, limit: u32) -> Result<Vec<Notification>, DbError> {
        self.db.rows(&UNDECIDED, args![limit]).await?.iter().map(Notification::read).collect()
    }

    /// Returns a notification, decided or not.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn notification(&self, task_guid: TaskGuid) -> Result<Option<Notification>, DbError> {
        self.db.row(&ONE, args![task_guid.to_string()]).await?.as_ref().map(Notification::read).transpose()
    }

    /// Notes what a notification waits for before it is decided, with the event for all of its targets; returns whether that
    /// is new. One commit where it is.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn waits(&self, task_guid: TaskGuid, reason: &Reason, now: Timestamp) -> Result<bool, DbError> {
        // It is asked about again and again: only what is new takes the way of a write.
        if self.has_waited(task_guid, reason).await? {
            return Ok(false);
        }
        let event = waiting_for(reason);
        let mut transaction = self.db.begin().await?;
        if transaction.row(&IS_UNDECIDED, args![task_guid.to_string()]).await?.is_none() {
            return Ok(false);
        }
        let entry = Entry { task_guid, device: None, hop: reason.hop(), at: now, event };
        events::write(&mut transaction, &[entry]).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Returns whether a notification was said to wait for that.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn has_waited(&self, task_guid: TaskGuid, reason: &Reason) -> Result<bool, DbError> {
        let arguments = args![task_guid.to_string(), text(&waiting_for(reason))];
        Ok(self.db.row(&WAITS, arguments).await?.is_some())
    }

    /// Refuses a notification, of which the authority's audit says so at `audit`, with the event for all of its targets;
    /// returns whether it was still undecided. One that came too late, or that nobody has approved in time, has expired
    /// rather than been refused. One commit.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn refuse(
        &self,
        task_guid: TaskGuid,
        reason: &Reason,
        audit: Option<Audited>,
        now: Timestamp,
    ) -> Result<bool, DbError> {
        let mut transaction = self.db.begin().await?;
        if transaction.execute(&DECIDE, args![task_guid.to_string(), now.0]).await? == 0 {
            return Ok(false);
        }
        let entry = |hop, event| Entry { task_guid, device: None, hop, at: now, event };
        // Before the end: nothing is heard after it.
        let audited = audit.map(|place| entry(Hop::Authority, Event::Audited(place)));
        let refused = entry(reason.hop(), refusal(reason));
        let entries: Vec<Entry> = audited.into_iter().chain([refused]).collect();
        events::write(&mut transaction, &entries).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

fn waiting_for(reason: &Reason) -> Event {
    Event::DeliveredToSite { reason: Some(reason.clone()) }
}

/// Returns an event as it is written.
fn text(event: &Event) -> String {
    serde_json::to_string(event).expect("an event is plain data")
}

fn refusal(reason: &Reason) -> Event {
    let reason = reason.clone();
    Event::Concluded(match reason {
        Reason::NotDeliveredInTime | Reason::ApprovalMissing => Conclusion::Expired { reason },
        _ => Conclusion::Refused { reason },
    })
}

impl Notification {
    fn read(row: &Row) -> Result<Self, DbError> {
        Ok(Self {
            task_guid: row.parsed("task_guid")?,
            request: row.bytes("request")?.to_vec(),
            user: row.parsed("user_id")?,
            user_name: row.text("user_name")?.to_owned(),
            received_at: Timestamp(row.int("received_at")?),
        })
    }
}
