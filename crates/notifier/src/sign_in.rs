//! The first message of a connection, and whether its device is taken.

use std::time::Duration;

use device_channel::{
    CloseReason, Inbox, Restarting, SignInRefusal, ToAgent, ToServer,
    server::{AwaitSignIn, Identity, Online, SigningIn},
};
use tokio::time::sleep_until;

use crate::{hub::Hub, registry::Seat, revoked::Standing, transport::Transport};

/// When to come again, by refusal. A revoked device may be enrolled again by hand; a full server may have room soon.
fn retry_after(refusal: SignInRefusal) -> Duration {
    match refusal {
        SignInRefusal::Busy | SignInRefusal::AuthorityAway => Duration::from_secs(60),
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
    hub: &Hub,
) -> Result<(Online, Seat), CloseReason> {
    let waiting = AwaitSignIn::new(identity, hub.now());
    let signing_in = loop {
        if let Some(message) = inbox.next_message(hub.now())? {
            break waiting.on_message(message)?;
        }
        tokio::select! {
            read = transport.read(inbox) => read?,
            () = sleep_until(hub.at(waiting.deadline())) => waiting.on_time(hub.now())?,
            () = hub.shutdown.begun() => return Err(restarting(transport, hub).await),
        }
        inbox.on_time(hub.now())?;
    };
    match admit(&signing_in, hub).await {
        Ok(site_time) => {
            let (online, confirm) = signing_in.admit(hub.keep_alive, site_time, hub.now());
            transport.write(vec![confirm.frame()]).await?;
            // Only now: what waits for the device comes after the confirmation.
            Ok((online, hub.registry.seat(identity)))
        }
        Err(refusal) => {
            let (reason, message) = signing_in.refuse(refusal, retry_after(refusal));
            transport.write(vec![message.frame()]).await?;
            Err(reason)
        }
    }
}

/// Decides whether the device is taken; returns the signed time for its confirmation.
async fn admit(signing_in: &SigningIn, hub: &Hub) -> Result<String, SignInRefusal> {
    signing_in.check()?;
    let identity = signing_in.identity();
    // A device that comes again takes no room of its own.
    let is_here = hub.registry.connection(identity.device).is_some();
    if !is_here && hub.registry.len() >= hub.max_connections {
        return Err(SignInRefusal::Busy);
    }
    match hub.revoked.standing(identity.enrolment).await {
        Standing::Valid => {}
        Standing::Revoked => return Err(SignInRefusal::Revoked),
        Standing::Unknown => return Err(SignInRefusal::AuthorityAway),
    }
    hub.site_time.signed().await.ok_or(SignInRefusal::AuthorityAway)
}

/// Tells the device to come back, as far as it listens.
pub(crate) async fn restarting(transport: &mut impl Transport, hub: &Hub) -> CloseReason {
    let message = ToAgent::Restarting(Restarting { within_seconds: hub.back_within() });
    match transport.write(vec![message.frame()]).await {
        Ok(()) => CloseReason::Restarting,
        Err(reason) => reason,
    }
}
