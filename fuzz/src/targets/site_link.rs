//! What console and connector send each other, before and after the proof of their keys.

use action::{ConsoleId, SiteId, TenantId};
use site_link::{
    AttachCode, CodeId, LARGEST_FRAME, ToConsole, ToSite,
    attach::{AttachAnswer, AttachRequest},
    decode, decompress,
    handshake::{AwaitProof, AwaitWelcome, KnownSite, Pinned, dial, hear},
    keys::LinkKey,
};
use uuid::Uuid;

/// A message of the handshake, shown to each end in each of its states. One whose hello is not that of the corpus
/// proves nothing; nobody without a key gets a channel.
pub(super) fn handshake(bytes: &[u8]) {
    if let Ok(heard) = hear(console(), bytes) {
        let _ = heard.answer(Some(known()), &console_key(), [4; 32], &[6; 32].into());
    }
    let (site, proof) = ends();
    let _ = site.on_message(bytes, &site_key());
    let _ = proof.map(|proof| proof.on_message(bytes));
}

/// The bodies of attaching. What is read and verified was made with the code.
pub(super) fn attach(bytes: &[u8]) {
    let code = AttachCode::new(tenant(), CodeId(Uuid::from_bytes([0x40; 16])), [0x50; 16]);
    let request = AttachRequest::new(&code, site(), "Delft", &site_key());
    if let Ok(read) = AttachRequest::decode(bytes)
        && read.verify(tenant(), &code.key()).is_ok()
    {
        assert_eq!(read, request);
    }
    if let Ok(read) = AttachAnswer::decode(bytes)
        && read.verify(&request, &code).is_ok()
    {
        assert_eq!(read, AttachAnswer::new(&request, &code.key(), console(), console_key().public()));
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(code) = text.parse::<AttachCode>()
    {
        assert_eq!(code.reveal(), text.trim());
    }
}

/// The messages that frames carry.
pub(super) fn message(bytes: &[u8]) {
    if let Ok(message) = decode::<ToSite>(bytes) {
        survives(&message);
    }
    if let Ok(message) = decode::<ToConsole>(bytes) {
        survives(&message);
    }
}

/// Frames that nobody sealed, and bodies that claim to be compressed.
pub(super) fn frame(bytes: &[u8]) {
    if let Ok(payload) = decompress(bytes) {
        assert!(payload.len() <= LARGEST_FRAME);
    }
    let (site, proof) = ends();
    let Ok(proof) = proof else { return };
    let welcome = welcome();
    let Ok((mut channel, message)) = site.on_message(&welcome, &site_key()) else { return };
    if let Ok(admitted) = proof.on_message(&message) {
        let mut at_console = admitted.channel;
        assert!(at_console.open(bytes).is_err(), "a frame without the key was accepted");
    }
    assert!(channel.open(bytes).is_err(), "a frame without the key was accepted");
}

fn survives<M: site_link::Message + PartialEq>(message: &M) {
    // A number of a mirror may be larger than JSON texts keep exactly; all else must come back as it was.
    if let Ok(bytes) = serde_json::to_vec(message) {
        assert!(decode::<M>(&bytes).is_ok());
    }
}

fn ends() -> (AwaitWelcome, Result<AwaitProof, site_link::CloseReason>) {
    let (site, hello) = dial(&pinned(), [3; 32], &[5; 32].into());
    let proof = hear(console(), &hello)
        .and_then(|heard| heard.answer(Some(known()), &console_key(), [4; 32], &[6; 32].into()))
        .map(|(proof, _)| proof);
    (site, proof)
}

fn welcome() -> Vec<u8> {
    let (_, hello) = dial(&pinned(), [3; 32], &[5; 32].into());
    hear(console(), &hello)
        .and_then(|heard| heard.answer(Some(known()), &console_key(), [4; 32], &[6; 32].into()))
        .map(|(_, welcome)| welcome)
        .unwrap_or_default()
}

fn pinned() -> Pinned {
    Pinned { tenant: tenant(), site: site(), console: console(), console_key: console_key().public() }
}

fn known() -> KnownSite {
    KnownSite { tenant: tenant(), key: site_key().public() }
}

fn tenant() -> TenantId {
    TenantId(Uuid::from_bytes([0x10; 16]))
}

fn site() -> SiteId {
    SiteId(Uuid::from_bytes([0x20; 16]))
}

fn console() -> ConsoleId {
    ConsoleId(Uuid::from_bytes([0x30; 16]))
}

fn site_key() -> LinkKey {
    LinkKey::from_seed(&[1; 32])
}

fn console_key() -> LinkKey {
    LinkKey::from_seed(&[2; 32])
}
