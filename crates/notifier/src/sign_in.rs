//! The first message of a connection, and whether its device is taken.

use std::time::Duration;

use device_channel::{
    CloseReason, Inbox, Restarting, SignInRefusal, ToAgent, ToServer,
    server::{AwaitSignIn, Identity, Online, SigningIn},
};
use service::dice;
use tokio::time::sleep_until;

use crate::{registry::Seat, revoked::Standing, shared::Shared, transport::Transport};

/// When to come again, by refusal. A revoked device may be enrolled again by hand; a full server may have room soon.
/// `unit` is a throw of the dice, 0 to 1: those who were refused together are not to come back together.
fn retry_after(refusal: SignInRefusal, unit: f64) -> Duration {
    match refusal {
        SignInRefusal::Busy | SignInRefusal::AuthorityAway => Duration::from_secs(30).mul_f64(1.0 + unit),
        SignInRefusal::Revoked
        | SignInRefusal::NotThatDevice
        | SignInRefusal::VersionUnsupported
        | SignInRefusal::Other => Duration::from_secs(3_600),
    }
}

/// Waits for the sign-in and answers it.
pub(crate) async fn run(
    transport: &mut impl Transport,
    inbox: &mut Inbox<ToServer>,
    identity: Identity,
    shared: &Shared,
) -> Result<(Online, Seat), CloseReason> {
    let waiting = AwaitSignIn::new(identity, shared.now());
    let signing_in = loop {
        if let Some(message) = inbox.next_message(shared.now())? {
            break waiting.on_message(message)?;
        }
        tokio::select! {
            read = transport.read(inbox) => read?,
            () = sleep_until(shared.at(waiting.deadline())) => waiting.on_time(shared.now())?,
            () = shared.shutdown.begun() => return Err(restarting(transport, shared).await),
        }
        inbox.on_time(shared.now())?;
    };
    match admit(&signing_in, shared).await {
        Ok(site_time) => {
            let (online, confirm) = signing_in.admit(shared.keep_alive, site_time, shared.now());
            transport.write(&confirm.frame()).await?;
            // Only now: what waits for the device comes after the confirmation.
            Ok((online, shared.registry.seat(identity)))
        }
        Err(refusal) => {
            let (reason, message) = signing_in.refuse(refusal, retry_after(refusal, dice::unit()));
            transport.write(&message.frame()).await?;
            Err(reason)
        }
    }
}

/// Decides whether the device is taken; returns the signed time for its confirmation.
async fn admit(signing_in: &SigningIn, shared: &Shared) -> Result<String, SignInRefusal> {
    signing_in.check()?;
    let identity = signing_in.identity();
    // A device that comes again takes no room of its own.
    let is_here = shared.registry.connection(identity.device).is_some();
    if !is_here && shared.registry.len() >= shared.max_connections {
        return Err(SignInRefusal::Busy);
    }
    match shared.revoked.standing(identity.enrolment).await {
        Standing::Valid => {}
        Standing::Revoked => return Err(SignInRefusal::Revoked),
        Standing::Unknown => return Err(SignInRefusal::AuthorityAway),
    }
    shared.site_time.signed().await.ok_or(SignInRefusal::AuthorityAway)
}

/// Tells the device to come back, as far as it listens.
pub(crate) async fn restarting(transport: &mut impl Transport, shared: &Shared) -> CloseReason {
    let message = ToAgent::Restarting(Restarting { within_seconds: shared.back_within() });
    match transport.write(&message.frame()).await {
        Ok(()) => CloseReason::Restarting,
        Err(reason) => reason,
    }
}
