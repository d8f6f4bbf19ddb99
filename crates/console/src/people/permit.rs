//! Permission as a value: a handler that acts takes a [`Permit`], and only a session whose role gives the permission
//! makes one. Forgetting the check does not compile.

use std::marker::PhantomData;

use action::{DeviceId, SiteId, TenantId, Timestamp, UserId};
use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{
    people::{permission::Permission, session::Session},
    problem::Refusal,
    state::Console,
    store::{Audit, Reach},
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
    reach: Reach,
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
    /// Reading the logs of devices.
    ReadLogs => ReadLogs,
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
    /// Making roles and device groups, and giving roles.
    ManageRoles => ManageRoles,
    /// Reading the audit.
    ReadAudit => ReadAudit,
    /// Deciding about what is kept of audits.
    ManageAudit => ManageAudit,
    /// Making and ending webhooks.
    ManageWebhooks => ManageWebhooks,
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
}

impl<G: Grant> Permit<G> {
    /// Makes an entry of the audit: the person did it, and it is done; with the role that allowed it.
    pub(crate) fn audit(&self, what: &'static str, subject: impl Into<String>, now: Timestamp) -> Audit {
        let rule = self.session.rights().rule(G::PERMISSION);
        Audit { rule, ..self.session.audit(what, subject, "done", now) }
    }

    /// Makes a permit, where the caller has the permission somewhere, or in the whole tenant where it has no parts. A
    /// refusal is put into the audit, and says who can give what is missing.
    pub(crate) async fn of(session: Session, console: &Console) -> Result<Self, Refusal> {
        let permission = G::PERMISSION;
        let has = match permission.is_scoped() {
            true => session.rights().somewhere(permission),
            false => session.rights().everywhere(permission),
        };
        if !has {
            return Err(session.refuse(console, permission).await?);
        }
        let reach = session.reach(console, permission).await?;
        Ok(Self { session, reach, grant: PhantomData })
    }

    /// Returns what the permit reaches.
    pub(crate) fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Checks that something of a site is within reach; what is not is not there.
    pub(crate) fn check_site(&self, site: SiteId) -> Result<(), Refusal> {
        if self.reach.touches(site) { Ok(()) } else { Err(Refusal::not_found("site", site)) }
    }

    /// Checks that a site is within reach as a whole.
    pub(crate) async fn check_whole_site(&self, console: &Console, site: SiteId) -> Result<(), Refusal> {
        match (self.reach.touches(site), self.reach.holds(site)) {
            (_, true) => Ok(()),
            (true, false) => Err(self.session.refuse(console, G::PERMISSION).await?),
            (false, false) => Err(Refusal::not_found("site", site)),
        }
    }

    /// Checks that a device is within reach; what is not is not there.
    pub(crate) async fn check_device(&self, console: &Console, device: DeviceId) -> Result<(), Refusal> {
        if !self.reach.is_limited() {
            return Ok(());
        }
        let within = console.store().devices_within(self.tenant(), &self.reach, &[device]).await?;
        if within.is_empty() { Err(Refusal::not_found("device", device)) } else { Ok(()) }
    }
}

impl<G: Grant> FromRequestParts<Console> for Permit<G> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Refusal> {
        let session = Session::from_request_parts(parts, console).await?;
        Self::of(session, console).await
    }
}
