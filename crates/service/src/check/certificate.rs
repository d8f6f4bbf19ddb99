//! How long certificates hold.

use std::time::Duration;

use action::Timestamp;
use rustls::pki_types::ServerName;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::{Check, failed, good, machine::PATIENCE, warning};
use crate::tls;

/// What to do about a certificate, by whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Fixes {
    /// It has ended.
    pub ended: &'static str,
    /// It ends soon.
    pub soon: &'static str,
}

/// Whether a certificate holds, and for longer than `soon`.
pub fn life(name: &'static str, not_after: Timestamp, now: Timestamp, soon: Duration, fixes: Fixes) -> Check {
    let found = format!("valid until {not_after}, by this machine's clock it is {now}");
    let left = not_after.since(now);
    if left.is_zero() {
        failed(name, found, fixes.ended)
    } else if left < soon {
        warning(name, found, fixes.soon)
    } else {
        good(name, found)
    }
}

/// Whether the first certificate of a chain holds, PEM.
pub fn certificate_life(
    name: &'static str,
    chain_pem: &str,
    now: Timestamp,
    soon: Duration,
    fixes: Fixes,
) -> Check {
    match tls::own_certificate(chain_pem).ok().and_then(|certificate| not_after(&certificate)) {
        Some(ends) => life(name, ends, now, soon, fixes),
        None => failed(name, "it is no certificate", fixes.ended),
    }
}

/// Whether the certificate that a server shows holds. Whose it is, is not looked at: who connects to it does that.
pub async fn shown_life(
    name: &'static str,
    address: &str,
    now: Timestamp,
    soon: Duration,
    fixes: Fixes,
) -> Check {
    let shown = timeout(PATIENCE, shown(address)).await;
    match shown.unwrap_or_else(|_| Err("it did not answer in time".to_owned())) {
        Ok(ends) => life(name, ends, now, soon, fixes),
        Err(why) => failed(name, format!("{address}: {why}"), fixes.ended),
    }
}

async fn shown(address: &str) -> Result<Timestamp, String> {
    let tcp = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    let config = tls::unbelieving().map_err(|error| error.to_string())?;
    let name = ServerName::try_from("unknown.invalid").map_err(|error| error.to_string())?;
    let stream = TlsConnector::from(config).connect(name, tcp).await.map_err(|error| error.to_string())?;
    let chain = stream.get_ref().1.peer_certificates();
    let ends = chain.and_then(|chain| chain.first()).and_then(|certificate| not_after(certificate));
    ends.ok_or_else(|| "it shows no certificate".to_owned())
}

fn not_after(certificate: &[u8]) -> Option<Timestamp> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    Some(Timestamp(certificate.validity().not_after.timestamp().saturating_mul(1000)))
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::*;

    const FIXES: Fixes = Fixes { ended: "renew it", soon: "look why it is not renewed" };

    #[test]
    fn a_certificate_is_told_before_it_ends() {
        let now = Timestamp(1_000_000_000_000);
        let hour = Duration::from_hours(1);
        for (after, expected) in [
            (-1, Outcome::Failed),
            (0, Outcome::Failed),
            (3_599_999, Outcome::Warning),
            (3_600_000, Outcome::Good),
        ] {
            let check = life("certificate", Timestamp(now.0 + after), now, hour, FIXES);
            assert_eq!(check.outcome, expected, "{after}");
        }
    }

    #[test]
    fn the_end_is_read_from_the_certificate() {
        let made = rcgen::generate_simple_self_signed(["a.example".to_owned()]).expect("a certificate");
        let now = Timestamp(1_000_000_000_000);
        let pem = made.cert.pem();
        let check = certificate_life("certificate", &pem, now, Duration::from_hours(1), FIXES);
        assert_eq!(check.outcome, Outcome::Good, "{check:?}");
        let none = certificate_life("certificate", "no PEM", now, Duration::from_hours(1), FIXES);
        assert_eq!(none.outcome, Outcome::Failed);
    }
}
