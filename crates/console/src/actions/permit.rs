//! The permission to act.

use crate::{
    people::{
        permission::Permission,
        permit::{Act, Permit},
    },
    problem::Refusal,
    store::ActionRow,
};

/// Proof that the caller may ask for device actions. Nothing is stored without one.
pub(crate) type ActPermit = Permit<Act>;

/// Checks that the caller may withdraw an action: their own, or with the permission for those of others.
pub(crate) fn may_cancel(permit: &ActPermit, action: &ActionRow) -> Result<(), Refusal> {
    let own = action.action.asked_by.id == permit.user();
    if own || permit.session().has(Permission::CancelOthersAction) {
        Ok(())
    } else {
        Err(Refusal::not_permitted(Permission::CancelOthersAction))
    }
}
