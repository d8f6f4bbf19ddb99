//! Serves one link: takes what the console says, and says what report, upload and mirror have.
//!
//! One frame is read, handled and answered after the other; the console never waits for this end's reading before it
//! reads itself, so the two cannot wait for each other.

use action::{TaskGuid, Timestamp, UserId};
use database::DbError;
use proof::witness::Page;
use service::{
    clock,
    error::Chain,
    log::ComponentLog,
    shutdown::Shutdown,
    wake::{Topic, Wakes},
};
use site_link::{CloseReason, Due, SiteSession, ToConsole, ToSite};
use site_store::{Cancelled, SiteStore};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::sleep_until,
};

use crate::{
    ConnectorLogs, answer,
    answer::Answers,
    attachment::Attachment,
    authorize::Authority,
    counters::Counters,
    health::Health,
    link::{Link, LinkError, Socket, close, next_frame, now, write},
    mirror::mirror,
    nonce::nonces,
    report::report,
    status::Board,
    take,
    upload::{News, Upload},
    witness::{self, Whose, witness},
};

/// Messages that wait to be said: one of each of report, upload, mirror, nonce and witness.
const WAITING: usize = 5;

/// News of the upload that wait to be heard. There is one batch at a time; more news are old ones.
const WAITING_NEWS: usize = 16;

/// What a link serves.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) store: SiteStore,
    pub(crate) wakes: Wakes,
    pub(crate) logs: ConnectorLogs,
    pub(crate) authority: Authority,
    pub(crate) counters: Counters,
    pub(crate) health: Health,
}

/// How a link ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The console ended the attachment.
    Offboarded,
    /// This program stops.
    Stopping,
    Failed(LinkError),
}

struct Serving<'a> {
    site: &'a Site,
    socket: Socket,
    session: SiteSession,
    stored: watch::Sender<Option<u64>>,
    news: mpsc::Sender<News>,
    pages: mpsc::Sender<Box<Page>>,
    answers: Answers,
}

/// Serves a link until it ends.
pub(crate) async fn serve(
    link: Link,
    site: &Site,
    attachment: &Attachment,
    board: &mut Board,
    shutdown: &Shutdown,
) -> Ended {
    let (say, mut to_say) = mpsc::channel(WAITING);
    let (stored, stored_upto) = watch::channel(None);
    let (news, heard) = mpsc::channel(WAITING_NEWS);
    let (pages, to_compare) = mpsc::channel(witness::WAITING);
    // Tasks of their own: one that holds a connection to the database must go on while the link waits for another.
    let mut speaking = speak(site.clone(), attachment.attached_at, say.clone(), stored_upto, heard);
    let whose = Whose { tenant: attachment.tenant, key: attachment.console_key };
    let log = site.logs.notification.clone();
    speaking.spawn(witness(site.authority.clone(), log, whose, say, to_compare));

    let (socket, session, answers) = (link.socket, link.session, Answers::new());
    let mut serving = Serving { site, socket, session, stored, news, pages, answers };
    let ended = loop {
        let step = tokio::select! {
            () = shutdown.begun() => Err(Ended::Stopping),
            frame = next_frame(&mut serving.socket) => match frame {
                Ok(frame) => serving.hear(&frame, board).await,
                Err(error) => Err(Ended::Failed(error)),
            },
            Some(_) = speaking.join_next() => Err(Ended::Failed(LinkError::Broken { what: "a part of it ended".to_owned() })),
            Some(message) = to_say.recv() => serving.say(&message).await,
            answer = serving.answers.next() => serving.say(&answer).await,
            () = sleep_until(serving.session.poll_timeout().into()) => serving.on_timeout().await,
        };
        if let Err(ended) = step {
            break ended;
        }
    };
    let reason = match &ended {
        Ended::Offboarded => Some(CloseReason::Offboarded),
        Ended::Stopping => Some(CloseReason::Stopping),
        Ended::Failed(LinkError::Closed(reason)) => Some(*reason),
        Ended::Failed(_) => None,
    };
    if let Some(reason) = reason {
        close(&mut serving.socket, reason).await;
    }
    ended
}

/// Starts what this end says by itself; it ends when the tasks are dropped.
fn speak(
    site: Site,
    attached_at: Timestamp,
    say: mpsc::Sender<ToConsole>,
    stored: watch::Receiver<Option<u64>>,
    news: mpsc::Receiver<News>,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let (log, to_say) = (site.logs.notification.clone(), say.clone());
    tasks.spawn(report(site.store.clone(), site.wakes.clone(), log, attached_at, to_say, stored));
    let upload = Upload::new(site.store, site.logs.upload, say.clone(), news);
    tasks.spawn(upload.run(site.wakes.clone()));
    tasks.spawn(nonces(site.authority.clone(), site.logs.notification.clone(), say.clone()));
    tasks.spawn(mirror(site.authority, site.wakes, site.logs.notification, say));
    tasks
}

impl Serving<'_> {
    async fn hear(&mut self, frame: &[u8], board: &mut Board) -> Result<(), Ended> {
        let closed = |reason| Ended::Failed(LinkError::Closed(reason));
        let message = self.session.on_frame(frame, now()).map_err(closed)?;
        board.connected(clock::now());
        match message {
            ToSite::Request { task_guid, request, user, user_name } => {
                self.take(task_guid, request, user, user_name).await?;
            }
            ToSite::Cancel { task_guid, user_name } => self.cancel(task_guid, &user_name).await?,
            ToSite::EventsStored { upto } => {
                self.stored.send_if_modified(|stored| {
                    let grows = stored.is_none_or(|stored| upto > stored);
                    if grows {
                        *stored = Some(upto);
                    }
                    grows
                });
            }
            ToSite::DevicesStored { seq } => self.upload_news(News::Stored(seq)),
            ToSite::ResyncDevices => self.upload_news(News::Resync),
            ToSite::Ask { number, question } => {
                if let Some(news) = answer::news(&question) {
                    self.upload_news(news);
                }
                if let Some(answer) = self.answers.begin(self.site, number, question) {
                    self.say(&answer).await?;
                }
            }
            // A page that finds no room is asked for again.
            ToSite::Audit(page) => drop(self.pages.try_send(page)),
            ToSite::Offboard => return Err(Ended::Offboarded),
            ToSite::Heartbeat { .. } | ToSite::Unknown => {}
        }
        Ok(())
    }

    /// Stores a request, then tells the console. What cannot be stored is not acknowledged: the link is closed, and the
    /// console sends it again.
    async fn take(
        &mut self,
        task_guid: TaskGuid,
        request: String,
        user: UserId,
        user_name: String,
    ) -> Result<(), Ended> {
        let notification = take::notification(task_guid, request, user, user_name, clock::now());
        match self.site.store.take_notification(&notification).await {
            Ok(site_store::Taken::New) => {
                self.site.counters.received();
                self.site.wakes.wake(Topic::Requests);
                self.site.wakes.wake(Topic::Events);
            }
            Ok(site_store::Taken::Seen) => {}
            Err(error) => return Err(self.store_failed("take a notification", task_guid, &error)),
        }
        self.say(&ToConsole::Receipt { task_guid }).await
    }

    async fn cancel(&mut self, task_guid: TaskGuid, user_name: &str) -> Result<(), Ended> {
        match self.site.store.cancel(task_guid, user_name, clock::now()).await {
            Ok(Cancelled::Nothing) => {}
            Ok(Cancelled::Undecided | Cancelled::Targets(_)) => {
                self.log()
                    .about(task_guid)
                    .info(format_args!("Cancelled by {user_name}. TaskGUID: {task_guid}."));
                self.site.wakes.wake(Topic::Cancels);
                self.site.wakes.wake(Topic::Events);
            }
            Err(error) => return Err(self.store_failed("cancel an action", task_guid, &error)),
        }
        Ok(())
    }

    fn store_failed(&self, what: &str, task_guid: TaskGuid, error: &DbError) -> Ended {
        self.log().about(task_guid).error(format_args!("Failed to {what}: {}", Chain(error)));
        Ended::Failed(LinkError::Closed(CloseReason::Failed))
    }

    async fn say(&mut self, message: &ToConsole) -> Result<(), Ended> {
        match self.session.send(message, now()) {
            Ok(frame) => write(&mut self.socket, frame).await.map_err(Ended::Failed),
            Err(error) => {
                self.log().error(format_args!("Failed to say something to the console: {error}"));
                Err(Ended::Failed(LinkError::Closed(CloseReason::FrameTooLarge)))
            }
        }
    }

    async fn on_timeout(&mut self) -> Result<(), Ended> {
        match self.session.on_timeout(now(), clock::now()) {
            Due::Nothing => Ok(()),
            Due::Heartbeat(frame) => write(&mut self.socket, frame).await.map_err(Ended::Failed),
            Due::Close(reason) => Err(Ended::Failed(LinkError::Closed(reason))),
        }
    }

    /// News that find no room are about batches that are long over.
    fn upload_news(&self, news: News) {
        let _ = self.news.try_send(news);
    }

    fn log(&self) -> &ComponentLog {
        &self.site.logs.notification
    }
}
