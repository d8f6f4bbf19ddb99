//! Answers what a person at the console waits for. The site's rules decide; nothing is stored.

mod dry_run;
mod device;
mod logs;
mod drains;
mod key;

use std::time::Duration;

use action::UserId;
use authority_link::Vouch;
use service::{error::Chain, wake::Topic};
use site_link::{Answer, Question, ToConsole};
use tokio::{task::JoinSet, time::timeout};

use crate::{authorize::Undecided, serve::Site, upload::News};

/// Questions that are answered at the same time; the console asks a few, and more are told so.
const AT_ONCE: usize = 32;

/// How long an answer may take; the console waits a little longer.
const WITHIN: Duration = Duration::from_secs(8);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum Unanswered {
    #[error("the site authority does not answer")]
    Authority(#[from] Undecided),
    #[error("the site's store does not answer")]
    Store(#[from] database::DbError),
}

/// The questions of one link; those that are open end with it.
pub(crate) struct Answers {
    running: JoinSet<ToConsole>,
}

impl Answers {
    pub(crate) fn new() -> Self {
        Self { running: JoinSet::new() }
    }

    /// Begins to answer. Returns what can be said at once.
    pub(crate) fn begin(&mut self, site: &Site, number: u64, question: Question) -> Option<ToConsole> {
        if self.running.len() >= AT_ONCE {
            let what = "the site's connector answers as many questions as it can".to_owned();
            return Some(ToConsole::Answer { number, answer: Answer::Failed { what } });
        }
        let site = site.clone();
        self.running.spawn(async move {
            let answer = match timeout(WITHIN, answer(&site, question)).await {
                Ok(answer) => answer,
                Err(_) => {
                    let what = format!("the site did not find the answer within {} s", WITHIN.as_secs());
                    Answer::Failed { what }
                }
            };
            ToConsole::Answer { number, answer }
        });
        None
    }

    /// Waits for the next answer; for ever where no question is open.
    pub(crate) async fn next(&mut self) -> ToConsole {
        loop {
            match self.running.join_next().await {
                Some(Ok(answer)) => return answer,
                Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Some(Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }
}

/// What a question does to the upload, where it does anything.
pub(crate) fn news(question: &Question) -> Option<News> {
    matches!(question, Question::UploadDevices).then_some(News::Resync)
}

async fn answer(site: &Site, question: Question) -> Answer {
    let answered = match question {
        Question::DryRun { request, user, user_name } => {
            dry_run::answer(site, request, vouch(user, user_name)).await
        }
        Question::Device { device, user, user_name } => {
            device::answer(site, device, vouch(user, user_name)).await
        }
        Question::Logs { device, user, user_name, of, from } => {
            logs::answer(site, device, vouch(user, user_name), of, from).await
        }
        Question::Pair { message } => {
            site.authority.pair(message).await.map_err(Unanswered::from).map(|paired| match paired {
                Ok(message) => Answer::Paired { message },
                Err(reason) => Answer::Refused { reason },
            })
        }
        Question::BindKey { binding } => key::bind(site, binding).await,
        Question::RetireKey { retirement } => key::retire(site, retirement).await,
        Question::Approve { approval } => key::approve(site, approval).await,
        Question::Drains { task_guid } => drains::answer(site, task_guid).await,
        Question::Audit { after } => {
            site.authority.audit_hashes(after).await.map(Answer::Audit).map_err(Unanswered::from)
        }
        Question::Trust => site
            .authority
            .trust_document()
            .await
            .map(|document| Answer::Trust { document })
            .map_err(Unanswered::from),
        Question::Health => Ok(Answer::Health(Box::new(site.health.now().await))),
        Question::UploadDevices => {
            site.wakes.wake(Topic::Devices);
            Ok(Answer::Done)
        }
        Question::Unknown => {
            let what = "the site's connector is of an earlier version, and does not know this question";
            Ok(Answer::Failed { what: what.to_owned() })
        }
    };
    answered.unwrap_or_else(|error| {
        site.logs.notification.warn(format_args!("Failed to answer the console: {}", Chain(&error)));
        // Why, the site's own log says: it may name hosts and paths.
        Answer::Failed { what: error.to_string() }
    })
}

fn vouch(user: UserId, name: String) -> Vouch {
    Vouch { user, name }
}
