//! Has a site prove its key, before anything else it says is believed.

use axum::extract::ws::{Message, WebSocket};
use service::{dice, error::Chain};
use site_link::{
    CloseReason, HANDSHAKE_WITHIN,
    handshake::{Admitted, KnownSite, hear},
    keys::LinkKey,
};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::state::Console;

/// A site that has proved its key.
pub(super) struct Proved {
    pub(super) admitted: Admitted,
    /// Whether it is attached; a site whose attachment has ended is told so, and nothing else.
    pub(super) attached: bool,
}

/// Runs the handshake. `None` where the other end has just gone.
pub(super) async fn prove(
    socket: &mut WebSocket,
    console: &Console,
    key: &LinkKey,
) -> Result<Proved, Option<CloseReason>> {
    match timeout(HANDSHAKE_WITHIN, shake(socket, console, key)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Some(CloseReason::HandshakeTooLate)),
    }
}

async fn shake(
    socket: &mut WebSocket,
    console: &Console,
    key: &LinkKey,
) -> Result<Proved, Option<CloseReason>> {
    let hello = next(socket).await?;
    let heard = hear(console.id(), &hello).map_err(Some)?;
    let found = console.outbox().site(heard.site()).await.map_err(|error| {
        console.log().error(format_args!("Failed to look a site up: {}", Chain(&error)));
        Some(CloseReason::Failed)
    })?;
    // A key that cannot be read is one that nobody holds.
    let known = found
        .as_ref()
        .and_then(|site| Some(KnownSite { tenant: site.tenant, key: site.link_key.parse().ok()? }));
    let exchange = Zeroizing::new(dice::bytes());
    let (proof, welcome) = heard.answer(known, key, dice::bytes(), &exchange).map_err(Some)?;
    socket.send(Message::Binary(welcome.into())).await.map_err(|_| None)?;
    let admitted = proof.on_message(&next(socket).await?).map_err(Some)?;
    Ok(Proved { admitted, attached: found.is_some_and(|site| site.attached) })
}

async fn next(socket: &mut WebSocket) -> Result<axum::body::Bytes, Option<CloseReason>> {
    loop {
        match socket.recv().await {
            Some(Ok(Message::Binary(message))) => return Ok(message),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Text(_))) => return Err(Some(CloseReason::HandshakeMalformed)),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(None),
        }
    }
}
