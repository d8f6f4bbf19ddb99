//! Notices at the start that the store was put back from a backup, and begins a new epoch: devices then believe nothing
//! that was signed before, requests made before are refused, and no number is used a second time.

use action::Timestamp;
use service::log::ComponentLog;

use crate::{
    StartError,
    desk::Desk,
    folder::Folder,
    numbers::{Numbers, SKIPPED},
    store::Store,
};

/// How many of the newest entries of the audit are checked at a start: those that somebody would change.
const CHECKED: u64 = 10_000;

/// Compares the store with what the folder says of it.
pub(crate) async fn notice(
    store: &Store,
    numbers: &mut Numbers,
    folder: &Folder,
    log: &ComponentLog,
    now: Timestamp,
) -> Result<(), StartError> {
    let last = store.last_audit().await?;
    if let Err(number) = store.verify_audit(last.saturating_sub(CHECKED)).await? {
        log.error(format_args!(
            "The audit was changed by somebody else: entry {number} does not fit the one before."
        ));
    }
    if !store.is_a_copy().await? && !numbers.is_behind(last) {
        numbers.mark(last, true)?;
        return Ok(());
    }

    // The folder first: if this is cut short, the store still says that it was put back, and it is done again.
    Desk::skip_trust_versions(folder, SKIPPED)?;
    numbers.restore(now, last)?;
    store.restore(SKIPPED).await?;
    log.warn(format_args!(
        "The site was restored from a backup. Epoch {} begins; requests from before {now} are refused.",
        numbers.epoch()
    ));
    Ok(())
}
