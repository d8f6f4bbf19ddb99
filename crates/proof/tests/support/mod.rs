//! A site's keys and trust document, the same in each run.

use action::{SiteId, Timestamp};
use proof::{Servers, SigningKey, TrustDocument};
use uuid::Uuid;

pub(crate) const NOW: i64 = 1_579_621_423_000;
pub(crate) const HOUR: i64 = 3_600_000;

pub(crate) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(crate) fn root_key() -> SigningKey {
    SigningKey::from_seed([1; 32])
}

pub(crate) fn task_key() -> SigningKey {
    SigningKey::from_seed([2; 32])
}

pub(crate) fn policy_key() -> SigningKey {
    SigningKey::from_seed([3; 32])
}

pub(crate) fn trust() -> TrustDocument {
    TrustDocument {
        site: SiteId(id(1)),
        site_name: "Amsterdam".into(),
        version: 4,
        epoch: 7,
        issued_at: Timestamp(NOW),
        expires: Timestamp(NOW + 1000 * HOUR),
        root: root_key().verifying().hash(),
        ca: "-----BEGIN CERTIFICATE-----\n".into(),
        task_keys: vec![task_key().verifying()],
        policy_keys: vec![policy_key().verifying()],
        servers: Servers {
            notification: vec!["site.example:10123".into()],
            management: vec!["https://site.example:8443".into()],
        },
        keep_alive_seconds: 240,
    }
}
