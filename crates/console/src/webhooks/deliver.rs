//! Delivers events: each is stored first, then sent until it is taken or given up.

use std::time::Duration;

use action::Timestamp;
use axum::http::{Method, Request};
use database::DbError;
use outside::OutsideError;
use service::{backoff::Backoff, dice, error::Chain, shutdown::Shutdown, wake::Topic};
use tokio::task::JoinSet;

use super::{event, sign};
use crate::{state::Console, store::Delivery};

/// How often a look is made without a wake-up: attempts that are due have none.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Events that are sent at the same time, over all tenants: each holds a connection for some seconds at most.
const AT_ONCE: u32 = 16;

/// How long whoever takes an event has it: longer than an attempt may take.
const TAKEN_FOR: Duration = Duration::from_secs(60);

/// Attempts until an event is a dead letter: with the waits below about a day.
pub(crate) const ATTEMPTS: u32 = 14;

/// The waits between attempts: full jitter up to 10 s, 20 s, 40 s and so on to 4 hours.
const FIRST_WAIT: Duration = Duration::from_secs(10);
const LONGEST_WAIT: Duration = Duration::from_hours(4);

/// The longest error that is kept, in letters.
const LONGEST_ERROR: usize = 300;

/// Runs until the shutdown begins. What is not delivered then is stored.
pub(crate) async fn run(console: Console, shutdown: Shutdown) {
    let mut changes = console.store().wakes().listen(Topic::Events);
    loop {
        tokio::select! {
            () = shutdown.begun() => return,
            _ = changes.wait(LOOK_EVERY) => {}
        }
        if let Err(error) = pass(&console).await {
            console.log().error(format_args!("Failed to deliver events to webhooks: {}", Chain(&error)));
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// One look: stores what webhooks have not seen, and makes the attempts that are due.
pub(crate) async fn pass(console: &Console) -> Result<(), DbError> {
    let store = console.store();
    for webhook in store.webhooks_behind().await? {
        let changes = store.unseen(&webhook).await?;
        let Some(last) = changes.last() else { continue };
        let events = event::events(&webhook, &changes, console.now());
        store.put_events(&webhook, last.id, &events, console.now()).await?;
    }
    let now = console.now();
    let due = store.take_due(now, now.plus(TAKEN_FOR), AT_ONCE).await?;
    let mut sending = JoinSet::new();
    for delivery in due {
        let console = console.clone();
        sending.spawn(async move {
            let outcome = send(&console, &delivery).await;
            (delivery, outcome)
        });
    }
    while let Some(sent) = sending.join_next().await {
        match sent {
            Ok((delivery, Ok(()))) => store.delivered(&delivery).await?,
            Ok((delivery, Err(error))) => failed(console, &delivery, &error).await?,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => {}
        }
    }
    Ok(())
}

/// Sends an event; what the other side answers beside its status is not read.
async fn send(console: &Console, delivery: &Delivery) -> Result<(), String> {
    let (body, number) = (&delivery.event.body, delivery.event.number);
    let signed = sign::sign(&delivery.secret, format!("{}.{number}", delivery.webhook), console.now(), body);
    let mut request = Request::new(body.clone().into_bytes());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = delivery.url.parse().map_err(|_| "the address cannot be read".to_owned())?;
    for (name, value) in [
        ("content-type", "application/cloudevents+json"),
        ("webhook-id", &signed.id),
        ("webhook-timestamp", &signed.timestamp),
        ("webhook-signature", &signed.signature),
    ] {
        let value = value.parse().map_err(|_| "a header cannot be written".to_owned())?;
        request.headers_mut().insert(name, value);
    }
    let answer = console.providers().outside().fetch(request).await.map_err(|error| told(&error))?;
    match answer.status() {
        status if status.is_success() => Ok(()),
        status => Err(format!("it answered {status}")),
    }
}

async fn failed(console: &Console, delivery: &Delivery, error: &str) -> Result<(), DbError> {
    let now = console.now();
    let attempts = delivery.attempts + 1;
    let next = (attempts < ATTEMPTS).then(|| next(now, delivery.attempts, dice::unit()));
    if next.is_none() {
        console.log().field("webhook", delivery.webhook).warn(format_args!(
            "Gave up event {} of webhook {} after {attempts} attempts: {error}.",
            delivery.event.number, delivery.webhook
        ));
    }
    let error: String = error.chars().take(LONGEST_ERROR).collect();
    console.store().not_delivered(delivery, next, &error, now).await
}

/// Returns when the next attempt is due after so many that failed before this one.
fn next(now: Timestamp, before: u32, unit: f64) -> Timestamp {
    let mut waits = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
    for _ in 0..before {
        waits.failed(unit);
    }
    now.plus(waits.failed(unit))
}

fn told(error: &OutsideError) -> String {
    Chain(error).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_grow_to_a_day_in_all() {
        let start = Timestamp(0);
        let waits: Vec<u64> =
            (0..ATTEMPTS).map(|before| next(start, before, 1.0).since(start).as_secs()).collect();
        assert_eq!((waits[0], waits[1], waits[13]), (10, 20, 14_400));
        assert!((12 * 3600..48 * 3600).contains(&waits.iter().sum::<u64>()), "{waits:?}");
        assert_eq!(next(start, 5, 0.0), start, "full jitter: anything from nothing on");
    }
}
