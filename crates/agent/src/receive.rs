//! Checks a task that came: is it signed by the site's authority for this very device, and is it in time?

use device_channel::{Request, ReturnCode};
use proof::{Hash, KeyId, Presented, Signature, TaskVerifier, VerifiedTask, task::Refusal};

/// What becomes of a task that came.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Checked {
    /// It is the site's, for this device, and in time.
    Task(VerifiedTask),
    /// It is answered with this and never run.
    Refused(ReturnCode, String),
    /// The trust document may be too old to tell: it is looked at again with a new one.
    AskTrust(String),
    /// Its release is too old: the server is to push it anew.
    PushAgain(String),
}

/// Checks a task.
pub(crate) fn check(request: &Request, verifier: &TaskVerifier<'_>) -> Checked {
    match verifier.verify(presented(request)) {
        Ok(task) => Checked::Task(task),
        Err(refusal) => {
            let why = refusal.to_string();
            match refusal {
                Refusal::KeyUnknown(_) | Refusal::TrustEnded(_) => Checked::AskTrust(why),
                Refusal::ReleaseEnded(_) => Checked::PushAgain(why),
                Refusal::Expired(_) => Checked::Refused(ReturnCode::EXPIRED, why),
                Refusal::EpochTooLow { .. }
                | Refusal::OtherSite
                | Refusal::ParamTooLong
                | Refusal::ProofNotValid
                | Refusal::SignatureNotValid => Checked::Refused(ReturnCode::REFUSED, why),
            }
        }
    }
}

fn presented(request: &Request) -> Presented {
    Presented {
        epoch: request.epoch,
        key_id: KeyId(request.key_id),
        task_guid: request.task_guid,
        task_id: request.task_id,
        push_id: request.push_id,
        task_type: request.kind,
        param: request.param.clone(),
        issued_at: request.issued_at,
        valid_until: request.valid_until,
        deliver_by: request.deliver_by,
        finish_within_seconds: request.finish_within_seconds,
        request_hash: Hash(request.request_hash),
        tree_size: request.tree_size,
        index: request.leaf_index,
        proof: request.proof.iter().copied().map(Hash).collect(),
        signature: Signature(request.signature),
    }
}
