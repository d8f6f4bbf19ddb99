//! One call and one answer of each kind, with the bytes that they have on the wire.

mod answers;
mod calls;

use uuid::Uuid;

pub(crate) use answers::answers;
pub(crate) use calls::calls;

pub(crate) const UUID: &str = "0b0e7b6c-7a43-4d57-9c3b-0d9a6f3d2c11";

pub(crate) fn uuid() -> Uuid {
    UUID.parse().expect("an id")
}

/// A rollout with a ring of each kind.
pub(crate) fn plan() -> authority_link::RolloutPlan {
    use authority_link::{Ring, RolloutPlan, Then};
    let pilot = Ring { collection: "Pilot".into(), then: Then::Done { percent: 95 } };
    let early = Ring { collection: "Early".into(), then: Then::After { seconds: 3600 } };
    RolloutPlan { rings: vec![pilot, early], stop_above_percent: 5 }
}

/// A page of hashes of an audit.
pub(crate) fn page() -> proof::witness::Page {
    let hash = proof::Hash([0xab; 32]);
    proof::witness::Page {
        after: 1,
        base: hash,
        oldest: 0,
        entries: vec![(2, hash)],
        last: 2,
        head: hash,
        signed: "h.s".into(),
        news: true,
    }
}
