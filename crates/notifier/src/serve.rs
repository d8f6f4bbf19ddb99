//! Runs the connection of a device that is online.
//!
//! All decisions are [`Online`]'s. This only moves frames, orders and time.

use std::{convert::Infallible, sync::Arc, time::Duration};

use device_channel::{
    Cancel, CloseReason, Inbox, MOST_ENTRIES, ToAgent, ToServer,
    server::{Heard, Online},
};
use service::clock;
use tokio::{sync::mpsc::error::TrySendError, time::sleep_until};

use crate::{
    mailbox::Order,
    record::{Report, What},
    registry::Seat,
    shared::Shared,
    sign_in::restarting,
    transport::Transport,
};

/// Serves until the connection ends, and returns why it did.
pub(crate) async fn run(
    transport: &mut impl Transport,
    inbox: &mut Inbox<ToServer>,
    mut online: Online,
    seat: Seat,
    certificate_ends: Duration,
    shared: &Shared,
) -> CloseReason {
    match keep_going(transport, inbox, &mut online, &seat, certificate_ends, shared).await {
        Ok(never) => match never {},
        Err(reason) => reason,
    }
}

async fn keep_going(
    transport: &mut impl Transport,
    inbox: &mut Inbox<ToServer>,
    online: &mut Online,
    seat: &Seat,
    certificate_ends: Duration,
    shared: &Shared,
) -> Result<Infallible, CloseReason> {
    loop {
        // On the heap while it works: the states of talking are larger than all else, and nothing of an idle connection.
        Box::pin(talk(transport, inbox, online, seat, shared)).await?;
        let deadline = online.deadline().min(certificate_ends);
        let deadline = inbox.deadline().map_or(deadline, |of_inbox| of_inbox.min(deadline));
        tokio::select! {
            () = seat.mailbox.rung() => {}
            read = transport.read(inbox) => read?,
            () = sleep_until(shared.at(deadline)) => {}
            () = shared.shutdown.begun() => return Err(Box::pin(restarting(transport, shared)).await),
        }
        let now = shared.now();
        inbox.on_time(now)?;
        online.on_time(now)?;
        if now >= certificate_ends {
            return Err(CloseReason::CertificateEnded);
        }
    }
}

/// Says what is to be said, and hears what has come.
async fn talk(
    transport: &mut impl Transport,
    inbox: &mut Inbox<ToServer>,
    online: &mut Online,
    seat: &Seat,
    shared: &Shared,
) -> Result<(), CloseReason> {
    say(transport, online, seat, shared).await?;
    hear(transport, inbox, online, seat, shared).await
}

/// Says what waits in the mailbox.
async fn say(
    transport: &mut impl Transport,
    online: &mut Online,
    seat: &Seat,
    shared: &Shared,
) -> Result<(), CloseReason> {
    let orders = seat.mailbox.take()?;
    if orders.is_empty() {
        return Ok(());
    }
    let mut frames = Vec::new();
    let mut sent = Vec::new();
    let mut stored = Vec::new();
    let mut unknown = false;
    for order in orders {
        match order {
            Order::Push { release, index } => {
                online.pushed(release.task);
                release.frame_into(index, &mut frames);
                sent.push(release);
            }
            Order::Confirm(task) => stored.push(task),
            Order::Unknown(task) => {
                // Confirmed as well: else the agent would come back with it for ever.
                stored.push(task);
                unknown = true;
            }
            Order::Cancel(task_guid) => {
                frames.extend_from_slice(&ToAgent::Cancel(Cancel { task_guid }).frame());
            }
        }
    }
    for answers in stored.chunks(MOST_ENTRIES) {
        frames.extend_from_slice(&online.confirm(answers.to_vec()).frame());
    }
    transport.write(&frames).await?;
    if unknown {
        return Err(CloseReason::UnknownPush);
    }
    shared.counters.pushed.add(sent.len() as u64);
    let at = clock::now();
    report(shared, seat, online, sent.into_iter().map(|release| What::Sent { release, at })).await
}

/// Hears what has come.
async fn hear(
    transport: &mut impl Transport,
    inbox: &mut Inbox<ToServer>,
    online: &mut Online,
    seat: &Seat,
    shared: &Shared,
) -> Result<(), CloseReason> {
    let mut said = Vec::new();
    let mut answer = None;
    let outcome = loop {
        let message = match inbox.next_message(shared.now()) {
            Ok(Some(message)) => message,
            Ok(None) => break Ok(()),
            Err(reason) => break Err(reason),
        };
        match online.on_message(message, shared.now()) {
            Ok(Heard::Report(report)) => said.push(What::Said(report)),
            Ok(Heard::KeepAlive(keep_alive)) => answer = Some(keep_alive),
            Ok(Heard::Unknown) => {}
            Err(reason) => break Err(reason),
        }
    };
    // What was said before the fault was said. Reports that came together stay together: they are one commit.
    report(shared, seat, online, said).await?;
    if let Some(answer) = answer {
        transport.write(&answer.frame()).await?;
    }
    outcome
}

/// Hands reports on to be stored. Waits where the store is behind: nothing more is read meanwhile.
async fn report(
    shared: &Shared,
    seat: &Seat,
    online: &Online,
    all: impl IntoIterator<Item = What>,
) -> Result<(), CloseReason> {
    let device = online.identity().device;
    let report = |what| Report { device, mailbox: Arc::clone(&seat.mailbox), what };
    let reports: Vec<Report> = all.into_iter().map(report).collect();
    if reports.is_empty() {
        return Ok(());
    }
    match shared.reports.try_send(reports) {
        Ok(()) => Ok(()),
        // Waiting is rare, and takes room that an idle connection is not to have.
        Err(TrySendError::Full(reports)) => {
            Box::pin(shared.reports.send(reports)).await.map_err(|_| CloseReason::Restarting)
        }
        Err(TrySendError::Closed(_)) => Err(CloseReason::Restarting),
    }
}
