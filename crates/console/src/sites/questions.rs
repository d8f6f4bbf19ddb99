//! Questions to sites that a person waits for: handed to the site's link, answered over it, and forgotten with it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use action::SiteId;
use site_link::{Answer, Question};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

/// Questions that wait for one link. A person waits for each; more of them would wait too long.
const WAITING: usize = 32;

/// How long an answer may take: the site gives up a little earlier, and says so.
const WITHIN: Duration = Duration::from_secs(10);

/// The links that can be asked. A clone is the same.
#[derive(Clone, Default)]
pub(crate) struct Questions(Arc<Mutex<BTreeMap<SiteId, Line>>>);

struct Line {
    link: u64,
    questions: mpsc::Sender<Asked>,
}

/// A question on its way to a link.
pub(crate) struct Asked {
    pub(crate) question: Question,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// A link's end of its line; gone, the site cannot be asked.
pub(crate) struct Listening {
    questions: Questions,
    site: SiteId,
    link: u64,
    pub(crate) asked: mpsc::Receiver<Asked>,
}

/// Why a site has not answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NoAnswer {
    /// Its connector is away, or went away meanwhile.
    Away,
    /// It is asked too much at the moment.
    Busy,
    /// It did not answer in time.
    Late,
}

impl Questions {
    /// Opens the line of a link; an older link's line ends.
    pub(crate) fn listen(&self, site: SiteId) -> Listening {
        let (questions, asked) = mpsc::channel(WAITING);
        let mut lines = self.lines();
        let link = lines.get(&site).map_or(0, |line| line.link + 1);
        lines.insert(site, Line { link, questions });
        Listening { questions: self.clone(), site, link, asked }
    }

    /// Asks a site and waits for its answer.
    pub(crate) async fn ask(&self, site: SiteId, question: Question) -> Result<Answer, NoAnswer> {
        let line = self.lines().get(&site).map(|line| line.questions.clone());
        let Some(line) = line else { return Err(NoAnswer::Away) };
        let (answer, answered) = oneshot::channel();
        match line.try_send(Asked { question, answer }) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(_)) => return Err(NoAnswer::Busy),
            Err(mpsc::error::TrySendError::Closed(_)) => return Err(NoAnswer::Away),
        }
        match timeout(WITHIN, answered).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(NoAnswer::Away),
            Err(_) => Err(NoAnswer::Late),
        }
    }

    /// Returns the sites that can be asked.
    pub(crate) fn linked(&self) -> BTreeSet<SiteId> {
        self.lines().keys().copied().collect()
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, BTreeMap<SiteId, Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut lines = self.questions.lines();
        // A newer link may have the line by now.
        if lines.get(&self.site).is_some_and(|line| line.link == self.link) {
            lines.remove(&self.site);
        }
    }
}

impl fmt::Debug for Questions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Questions").field("links", &self.lines().len()).finish()
    }
}

/// The questions of one link that wait for the site's answer, by the numbers that they have on the wire.
#[derive(Default)]
pub(crate) struct Open {
    last: u64,
    waiting: BTreeMap<u64, oneshot::Sender<Answer>>,
}

impl Open {
    /// Gives a question its number.
    pub(crate) fn begin(&mut self, asked: Asked) -> (u64, Question) {
        // Who asked may have gone; the site answers late or never.
        self.waiting.retain(|_, answer| !answer.is_closed());
        self.last += 1;
        self.waiting.insert(self.last, asked.answer);
        (self.last, asked.question)
    }

    /// Hands an answer to whom it is for; one that nobody waits for is dropped.
    pub(crate) fn answered(&mut self, number: u64, answer: Answer) {
        if let Some(waiting) = self.waiting.remove(&number) {
            let _ = waiting.send(answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const SITE: SiteId = SiteId(Uuid::nil());

    #[tokio::test]
    async fn an_answer_finds_who_asked() {
        let questions = Questions::default();
        assert_eq!(questions.ask(SITE, Question::UploadDevices).await, Err(NoAnswer::Away));
        let mut listening = questions.listen(SITE);
        let mut open = Open::default();
        let link = async {
            let (first, _) = open.begin(listening.asked.recv().await.expect("asked"));
            let (second, _) = open.begin(listening.asked.recv().await.expect("asked"));
            open.answered(77, Answer::Done);
            open.answered(second, Answer::Failed { what: "second".into() });
            open.answered(first, Answer::Done);
        };
        let ask = || questions.ask(SITE, Question::UploadDevices);
        let (first, second, ()) = tokio::join!(ask(), ask(), link);
        assert_eq!((first, second), (Ok(Answer::Done), Ok(Answer::Failed { what: "second".into() })));
    }

    #[tokio::test]
    async fn a_link_that_ends_answers_nobody() {
        let questions = Questions::default();
        let mut listening = questions.listen(SITE);
        let ended = async {
            let asked = listening.asked.recv().await;
            drop((asked, listening));
        };
        let (answer, ()) = tokio::join!(questions.ask(SITE, Question::UploadDevices), ended);
        assert_eq!(answer, Err(NoAnswer::Away));
    }

    #[tokio::test(start_paused = true)]
    async fn a_site_that_is_silent_is_late_and_one_that_is_asked_too_much_is_busy() {
        let questions = Questions::default();
        let _listening = questions.listen(SITE);
        let asking = (0..=WAITING).map(|_| questions.ask(SITE, Question::UploadDevices));
        let answers = futures_util::future::join_all(asking).await;
        let busy = answers.iter().filter(|answer| **answer == Err(NoAnswer::Busy)).count();
        let late = answers.iter().filter(|answer| **answer == Err(NoAnswer::Late)).count();
        assert_eq!((busy, late), (1, WAITING));
    }

    #[test]
    fn a_newer_link_keeps_its_line_when_the_older_ends() {
        let questions = Questions::default();
        let older = questions.listen(SITE);
        let newer = questions.listen(SITE);
        drop(older);
        assert_eq!(questions.lines().len(), 1);
        drop(newer);
        assert_eq!(questions.lines().len(), 0);
    }
}
