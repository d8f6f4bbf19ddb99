//! Permission as a value: a handler that acts takes a [`Permit`], and only a session whose role gives the permission
//! makes one. Forgetting the check does not compile.

use std::marker::PhantomData;

use action::{TenantId, Timestamp, UserId};
use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{
    people::{permission::Permission, session::Session},
    problem::Refusal,
    state::Console,
    store::Audit,
};

/// Something that a permission allows.
pub(crate) trait Grant {
    /// The permission.
    const PERMISSION: Permission;
}

/// Proof that the caller has the permission of `G` in their tenant.
#[derive(Debug)]
pub(crate) struct Permit<G> {
    session: Session,
    grant: PhantomData<fn() -> G>,
}

macro_rules! grants {
    ($($(#[$doc:meta])* $name:ident => $permission:ident),* $(,)?) => {
        $($(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name;

        impl Grant for $name {
            const PERMISSION: Permission = Permission::$permission;
        })*
    };
}

grants! {
    /// Asking for device actions.
    Act => InitiateAction,
    /// Looking at devices and their actions.
    ReadDevices => ReadDevices,
    /// Looking at sites.
    ReadSites => ReadSites,
    /// Attaching sites.
    AttachSites => AttachSites,
    /// Ending the attachment of sites.
    OffboardSites => OffboardSites,
    /// Making and changing accounts.
    ManageUsers => ManageUsers,
    /// Setting how people sign in.
    ManageSignIn => ManageSignIn,
    /// Reading the audit.
    ReadAudit => ReadAudit,
    /// Making tenants.
    ManageTenants => ManageTenants,
}

impl<G> Permit<G> {
    /// Returns the tenant in which the permit holds.
    pub(crate) fn tenant(&self) -> TenantId {
        self.session.tenant()
    }

    /// Returns the person.
    pub(crate) fn user(&self) -> UserId {
        self.session.user()
    }

    /// Returns the person's sign-in name.
    pub(crate) fn user_name(&self) -> &str {
        self.session.user_name()
    }

    /// Returns the session.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Makes an entry of the audit: the person did it, and it is done.
    pub(crate) fn audit(&self, what: &'static str, subject: impl Into<String>, now: Timestamp) -> Audit {
        self.session.audit(what, subject, "done", now)
    }
}

impl<G: Grant> Permit<G> {
    /// Makes a permit, where the person's role gives it. A refusal is put into the audit.
    pub(crate) async fn of(session: Session, console: &Console) -> Result<Self, Refusal> {
        if session.has(G::PERMISSION) {
            return Ok(Self { session, grant: PhantomData });
        }
        let now = console.now();
        let entry = session.audit("permission", G::PERMISSION.name(), "refused: permission missing", now);
        console.audit_refusal(entry).await?;
        Err(Refusal::not_permitted(G::PERMISSION))
    }
}

impl<G: Grant> FromRequestParts<Console> for Permit<G> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Refusal> {
        let session = Session::from_request_parts(parts, console).await?;
        Self::of(session, console).await
    }
}
