//! A text of the authority that is the same for all who ask, kept for a moment: whoever asks without a certificate
//! must not be able to keep the authority busy.

use tokio::{
    sync::Mutex,
    time::{Duration, Instant},
};

use crate::authority::AuthorityError;

/// What to answer when the authority cannot be asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Stale {
    /// The text that was kept: it says itself until when it is valid.
    Serves,
    /// Nothing: an old text is of no use.
    Fails,
}

/// A text, and when it was asked for.
#[derive(Debug)]
pub(crate) struct Cached {
    fresh_for: Duration,
    stale: Stale,
    /// Locked while one request asks; the others wait for what it learns.
    kept: Mutex<Option<(Instant, String)>>,
}

impl Cached {
    pub(crate) fn new(fresh_for: Duration, stale: Stale) -> Self {
        Self { fresh_for, stale, kept: Mutex::new(None) }
    }

    /// Returns the text, asking by `ask` where the kept one is too old.
    pub(crate) async fn text(
        &self,
        ask: impl Future<Output = Result<String, AuthorityError>>,
    ) -> Result<String, AuthorityError> {
        let mut kept = self.kept.lock().await;
        let now = Instant::now();
        match &*kept {
            Some((asked_at, text)) if now.duration_since(*asked_at) < self.fresh_for => {
                return Ok(text.clone());
            }
            Some(_) | None => {}
        }
        match (ask.await, &*kept, self.stale) {
            (Ok(text), _, _) => {
                *kept = Some((now, text.clone()));
                Ok(text)
            }
            (Err(error), Some((_, old)), Stale::Serves) if error.is_transient() => Ok(old.clone()),
            (Err(error), _, _) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn away() -> Result<String, AuthorityError> {
        Err(AuthorityError::Failed { what: "busy".to_owned(), transient: true })
    }

    /// Asks twice, a minute apart, with the second question failing.
    async fn asked_while_away(stale: Stale) -> Result<String, AuthorityError> {
        let cached = Cached::new(MINUTE, stale);
        let first = cached.text(async { Ok("one".to_owned()) }).await.expect("an answer");
        assert_eq!(first, "one");
        let kept =
            cached.text(async { panic!("not asked again while it is fresh") }).await.expect("an answer");
        assert_eq!(kept, "one");
        tokio::time::advance(MINUTE).await;
        cached.text(async { away() }).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_text_is_asked_for_once_while_it_is_fresh() {
        assert_eq!(asked_while_away(Stale::Serves).await.expect("the old one"), "one");
        asked_while_away(Stale::Fails).await.expect_err("an old one is of no use");
    }

    #[tokio::test(start_paused = true)]
    async fn a_newer_text_takes_the_place_of_the_old_one() {
        let cached = Cached::new(MINUTE, Stale::Serves);
        for text in ["one", "two"] {
            let told = cached.text(async { Ok(text.to_owned()) }).await.expect("an answer");
            assert_eq!(told, text);
            tokio::time::advance(MINUTE).await;
        }
    }
}
