//! Tickets, with which a device that comes back is spared the handshake's signatures.
//!
//! A ticket is all that the server would have to remember, encrypted under a key that every notification server of the
//! site has from the authority: no server keeps a session, and a restart loses none. Keys are of one day each and of one
//! CA; a ticket is good until the end of the day after it was given. Whose certificate it stands for is looked at again
//! at each connection, as after a full handshake: its end, its site, whether it was revoked.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};
use proof::Hash;
use rustls::server::ProducesTickets;
use service::{
    clock, dice,
    error::Chain,
    log::ComponentLog,
    metrics::{Gauge, Metrics},
    shutdown::Shutdown,
};
use tokio::time::sleep;

use crate::authority::{Authority, AuthorityError};

/// How often keys are asked for. The next day's comes with today's, so that an authority that is away for a day does no
/// harm; without a key devices carry out full handshakes.
const ASK_EVERY: Duration = Duration::from_secs(3_600);

/// How soon to ask again where the authority did not answer.
const ASK_AGAIN: Duration = Duration::from_secs(60);

/// What a ticket begins with: the number of its key.
const NUMBER_LEN: usize = 8;

/// How long a device may keep a ticket: until its key is given up, at the latest.
const LIFE: Duration = Duration::from_secs(24 * 3_600);

/// The keys of tickets, and what makes and reads tickets with them.
#[derive(Debug, Default)]
pub(crate) struct Tickets {
    keys: RwLock<BTreeMap<u64, TicketKey>>,
    count: Gauge,
}

struct TicketKey(LessSafeKey);

impl std::fmt::Debug for TicketKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TicketKey(..)")
    }
}

/// The secret of one day, as the authority gives it.
#[derive(Clone, PartialEq)]
pub(crate) struct DaySecret {
    /// Days since 1970.
    pub(crate) day: u64,
    pub(crate) secret: [u8; 32],
}

impl std::fmt::Debug for DaySecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DaySecret").field("day", &self.day).finish_non_exhaustive()
    }
}

impl Tickets {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        let count = metrics.gauge("tenon_device_ticket_keys", "Keys of TLS tickets that the server has", &[]);
        Self { keys: RwLock::default(), count }
    }

    /// Takes the keys of the days that the authority names, and gives up all others. A ticket that was given under another
    /// CA is no ticket.
    pub(crate) fn take(&self, secrets: &[DaySecret], ca_pem: &str) {
        let keys: BTreeMap<u64, TicketKey> =
            secrets.iter().filter_map(|secret| Some((secret.day, key(secret, ca_pem)?))).collect();
        self.count.set(i64::try_from(keys.len()).unwrap_or_default());
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    /// Keeps the keys fresh until the shutdown begins.
    pub(crate) async fn keep(
        self: Arc<Self>,
        authority: Authority,
        ca_pem: String,
        log: ComponentLog,
        shutdown: Shutdown,
    ) {
        let mut failing = false;
        loop {
            let wait = match self.ask(&authority, &ca_pem).await {
                Ok(()) => {
                    failing = false;
                    ASK_EVERY
                }
                Err(error) => {
                    if !std::mem::replace(&mut failing, true) {
                        log.warn(format_args!(
                            "Failed to obtain the keys of TLS tickets; devices carry out full handshakes: {}",
                            Chain(&error)
                        ));
                    }
                    // An authority that does not know the question is older than this server: it is asked rarely.
                    if error.is_transient() { ASK_AGAIN } else { ASK_EVERY }
                }
            };
            tokio::select! {
                () = shutdown.begun() => return,
                () = sleep(wait) => {}
            }
        }
    }

    async fn ask(&self, authority: &Authority, ca_pem: &str) -> Result<(), AuthorityError> {
        self.take(&authority.ticket_keys().await?, ca_pem);
        Ok(())
    }

    /// Makes a ticket with the key of `day`.
    fn seal(&self, plain: &[u8], day: u64) -> Option<Vec<u8>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let key = keys.get(&day)?;
        let number = day.to_be_bytes();
        // Random nonces: at 96 bits, and a billion tickets under one day's key, two that are equal are not to be feared.
        let nonce = dice::bytes::<NONCE_LEN>();
        let mut ticket = Vec::with_capacity(NUMBER_LEN + NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        ticket.extend_from_slice(plain);
        key.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(number), &mut ticket)
            .ok()?;
        ticket.splice(..0, number.into_iter().chain(nonce));
        Some(ticket)
    }

    /// Reads a ticket, where its key is that of `day` or the day before.
    fn open(&self, ticket: &[u8], day: u64) -> Option<Vec<u8>> {
        let (number, rest) = ticket.split_first_chunk::<NUMBER_LEN>()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>()?;
        let of = u64::from_be_bytes(*number);
        if of > day || of + 1 < day {
            return None;
        }
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let mut plain = sealed.to_vec();
        let opened = keys.get(&of)?.0.open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(*number),
            &mut plain,
        );
        let length = opened.ok()?.len();
        plain.truncate(length);
        Some(plain)
    }
}

/// Makes the key of a day from its secret and the CA's certificate.
fn key(secret: &DaySecret, ca_pem: &str) -> Option<TicketKey> {
    let derivation = hmac::Key::new(hmac::HMAC_SHA256, &secret.secret);
    let bytes = hmac::sign(&derivation, &Hash::of(ca_pem.as_bytes()).0);
    let key = UnboundKey::new(&AES_256_GCM, bytes.as_ref()).ok()?;
    Some(TicketKey(LessSafeKey::new(key)))
}

fn today() -> u64 {
    u64::try_from(clock::now().0).unwrap_or_default() / 86_400_000
}

impl ProducesTickets for Tickets {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        u32::try_from(LIFE.as_secs()).unwrap_or(u32::MAX)
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        self.seal(plain, today())
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        self.open(ticket, today())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 20_000;
    const CA: &str = "-----BEGIN CERTIFICATE-----";

    #[test]
    fn a_ticket_is_good_until_the_end_of_the_next_day_at_each_server_of_the_site() {
        let (one, other) = (tickets(DAY, 7, CA), tickets(DAY, 7, CA));
        let ticket = one.seal(b"session", DAY).expect("a key");
        for (day, expected) in [(DAY - 1, false), (DAY, true), (DAY + 1, true), (DAY + 2, false)] {
            assert_eq!(other.open(&ticket, day).is_some(), expected, "day {day}");
        }
        assert_eq!(other.open(&ticket, DAY).as_deref(), Some(&b"session"[..]));
    }

    #[test]
    fn a_ticket_of_another_site_or_ca_or_one_that_was_changed_is_none() {
        let ticket = tickets(DAY, 7, CA).seal(b"session", DAY).expect("a key");
        assert_eq!(tickets(DAY, 8, CA).open(&ticket, DAY), None);
        assert_eq!(tickets(DAY, 7, "another CA").open(&ticket, DAY), None);
        for at in 0..ticket.len() {
            let mut changed = ticket.clone();
            changed[at] ^= 1;
            assert_eq!(tickets(DAY, 7, CA).open(&changed, DAY), None, "byte {at}");
            assert_eq!(tickets(DAY, 7, CA).open(&ticket[..at], DAY), None, "{at} bytes");
        }
    }

    #[test]
    fn without_a_key_there_are_no_tickets() {
        assert_eq!(Tickets::default().seal(b"session", DAY), None);
        assert_eq!(tickets(DAY, 7, CA).seal(b"session", DAY + 2), None);
    }

    fn tickets(today: u64, secret: u8, ca_pem: &str) -> Tickets {
        let tickets = Tickets::default();
        let secrets: Vec<DaySecret> =
            (today - 1..=today + 1).map(|day| DaySecret { day, secret: [secret; 32] }).collect();
        tickets.take(&secrets, ca_pem);
        tickets
    }
}
