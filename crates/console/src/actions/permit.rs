//! The permission to act.

use crate::{
    people::{
        permission::Permission,
        permit::{Act, Permit},
    },
    problem::Refusal,
    state::Console,
    store::ActionRow,
};

/// Proof that the caller may ask for device actions. Nothing is stored without one.
pub(crate) type ActPermit = Permit<Act>;

/// Checks that the caller may withdraw an action: their own, or with the permission for those of others.
pub(crate) async fn may_cancel(
    console: &Console,
    permit: &ActPermit,
    action: &ActionRow,
) -> Result<(), Refusal> {
    let own = action.action.asked_by.id == permit.user();
    let reach = permit.session().reach(console, Permission::CancelOthersAction).await?;
    if own || reach.holds(action.action.site) {
        Ok(())
    } else {
        Err(permit.session().refuse(console, Permission::CancelOthersAction).await?)
    }
}
