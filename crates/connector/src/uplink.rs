//! Keeps the site linked to its console: dials, serves, and dials again with full jitter; never gives up.

use std::time::Duration;

use service::{backoff::Backoff, clock, dice, error::Chain, shutdown::Shutdown};
use site_link::{CloseReason, handshake::Pinned, keys::LinkKey};
use tokio::{sync::watch, time::sleep};

use crate::{
    Config,
    attachment::{Attachment, AttachmentError, forget, load_key},
    dial::Dialer,
    link::{Link, LinkError},
    serve::{Ended, Site, serve},
    status::Board,
};

/// The waits between attempts: a console that restarts is found again within a second or two, and one that is away for
/// hours costs little.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(60);

/// How long a connector holds back whose place was taken: by another one with the same key, or by `tenon site offboard`,
/// which must not lose it again at once.
const AFTER_SUPERSEDED: Duration = Duration::from_secs(5);

/// How often a site that is not attached looks whether it is now.
const LOOK_EVERY: Duration = Duration::from_secs(2);

pub(crate) struct Uplink {
    pub(crate) config: Config,
    pub(crate) site: Site,
    pub(crate) pinned: watch::Sender<Option<Pinned>>,
}

/// Why there is nobody to dial.
enum Idle {
    NotAttached,
    Broken(String),
}

impl Uplink {
    /// Keeps the link until the shutdown begins.
    pub(crate) async fn run(self, shutdown: Shutdown) {
        let mut board = Board::new(&self.config.folder);
        let mut backoff = Backoff::new(FIRST_RETRY, LONGEST_RETRY);
        let mut said = String::new();
        while !shutdown.has_begun() {
            let wait = match self.attachment() {
                Ok((attachment, key)) => {
                    let outcome = self.link(&attachment, &key, &mut board, &shutdown).await;
                    if board.is_connected() {
                        backoff.worked();
                    }
                    self.after(&outcome, &attachment, &mut board, &mut said);
                    let least = if is_superseded(&outcome) { AFTER_SUPERSEDED } else { Duration::ZERO };
                    least + backoff.failed(dice::unit())
                }
                Err(Idle::NotAttached) => {
                    board.gone(clock::now());
                    backoff.worked();
                    LOOK_EVERY
                }
                Err(Idle::Broken(why)) => {
                    self.away(why, &mut board, &mut said);
                    backoff.failed(dice::unit())
                }
            };
            tokio::select! {
                () = sleep(wait) => {}
                () = shutdown.begun() => {}
            }
        }
        board.gone(clock::now());
    }

    /// Reads the attachment anew before each attempt: it is made and ended while this program runs.
    fn attachment(&self) -> Result<(Attachment, LinkKey), Idle> {
        let read = || -> Result<Option<(Attachment, LinkKey)>, AttachmentError> {
            let Some(attachment) = Attachment::load(&self.config.folder)? else { return Ok(None) };
            Ok(load_key(&self.config.folder)?.map(|key| (attachment, key)))
        };
        let read = read();
        let pinned = read.as_ref().ok().and_then(Option::as_ref).map(|(attachment, _)| attachment.pinned());
        if read.is_ok() {
            self.pinned.send_if_modified(|known| std::mem::replace(known, pinned) != pinned);
        }
        match read {
            Ok(Some(attached)) => Ok(attached),
            Ok(None) => Err(Idle::NotAttached),
            Err(error) => Err(Idle::Broken(Chain(&error).to_string())),
        }
    }

    async fn link(
        &self,
        attachment: &Attachment,
        key: &LinkKey,
        board: &mut Board,
        shutdown: &Shutdown,
    ) -> Ended {
        let Config { proxy, ca_file, .. } = &self.config;
        let dialer = match Dialer::new(attachment.console_url.clone(), proxy.clone(), ca_file.as_ref()) {
            Ok(dialer) => dialer,
            Err(error) => return Ended::Failed(LinkError::Dial(error)),
        };
        let link = tokio::select! {
            link = Link::open(&dialer, attachment, key) => match link {
                Ok(link) => link,
                Err(error) => return Ended::Failed(error),
            },
            () = shutdown.begun() => return Ended::Stopping,
        };
        self.site.logs.notification.info(format_args!("Connected to {}.", attachment.console_url));
        self.site.counters.connected();
        let ended = serve(link, &self.site, attachment, board, shutdown).await;
        self.site.counters.away();
        ended
    }

    fn after(&self, outcome: &Ended, attachment: &Attachment, board: &mut Board, said: &mut String) {
        match outcome {
            Ended::Stopping => {}
            Ended::Offboarded => {
                let text = match forget(&self.config.folder) {
                    Ok(()) => "The site is no longer attached.".to_owned(),
                    Err(error) => {
                        format!("The attachment was ended, and cannot be forgotten: {}", Chain(&error))
                    }
                };
                self.site.logs.notification.warn(format_args!("{}: {text}", attachment.console_url));
                self.pinned.send_replace(None);
                board.gone(clock::now());
            }
            Ended::Failed(error) => self.away(Chain(error).to_string(), board, said),
        }
    }

    /// Says why the console is away: once, and again when the cause is another.
    fn away(&self, why: String, board: &mut Board, said: &mut String) {
        if *said != why {
            self.site.logs.notification.warn(format_args!("No link to the console: {why}. Trying again."));
            said.clone_from(&why);
        }
        board.away(why, clock::now());
    }
}

fn is_superseded(outcome: &Ended) -> bool {
    matches!(outcome, Ended::Failed(LinkError::ClosedByConsole { reason: Some(CloseReason::Superseded) }))
}
