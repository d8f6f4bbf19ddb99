//! Calls about people: signing in and out, tokens, accounts, tenants, the audit.

use action::{SiteId, UserId};
use reqwest::Method;
use uuid::Uuid;

use crate::{
    ApiToken, AuditEntry, AuditHead, Client, ClientError, CreatedApiToken, CreatedUser, Me, NewApiToken,
    NewTenant, NewUser, Page, PasswordChange, PasswordReset, ResetPassword, Setup, SignIn, SignedIn,
    SiteAudit, Tenant, User, UserChange,
};

/// For calls without a body.
const NO_BODY: Option<&()> = None;

impl Client {
    /// Makes the first administrator, and is signed in as them from then on.
    ///
    /// # Errors
    ///
    /// See [`ClientError`]; the same holds for every call.
    pub async fn set_up(&mut self, setup: &Setup) -> Result<SignedIn, ClientError> {
        let signed_in: SignedIn = self.post("api/v1/setup", setup).await?;
        self.token.clone_from(&signed_in.token);
        Ok(signed_in)
    }

    /// Signs in, and stays signed in.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn sign_in(&mut self, sign_in: &SignIn) -> Result<SignedIn, ClientError> {
        let signed_in: SignedIn = self.post("api/v1/sessions", sign_in).await?;
        self.token.clone_from(&signed_in.token);
        Ok(signed_in)
    }

    /// Signs out.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn sign_out(&mut self) -> Result<(), ClientError> {
        self.tell(Method::DELETE, "api/v1/sessions/current", NO_BODY).await?;
        self.token = None;
        Ok(())
    }

    /// Returns who is signed in.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn me(&self) -> Result<Me, ClientError> {
        self.get("api/v1/me", Vec::new()).await
    }

    /// Sets a new password of the caller.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn change_password(&self, change: &PasswordChange) -> Result<(), ClientError> {
        self.tell(Method::PUT, "api/v1/me/password", Some(change)).await
    }

    /// Makes an API token of the caller.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn create_token(&self, new: &NewApiToken) -> Result<CreatedApiToken, ClientError> {
        self.post("api/v1/tokens", new).await
    }

    /// Lists the API tokens of the caller.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn tokens(&self) -> Result<Vec<ApiToken>, ClientError> {
        self.get("api/v1/tokens", Vec::new()).await
    }

    /// Ends an API token of the caller.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn revoke_token(&self, token: Uuid) -> Result<(), ClientError> {
        self.tell(Method::DELETE, &format!("api/v1/tokens/{token}"), NO_BODY).await
    }

    /// Lists the people of the tenant.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn users(&self) -> Result<Vec<User>, ClientError> {
        self.get("api/v1/users", Vec::new()).await
    }

    /// Makes an account.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn create_user(&self, new: &NewUser) -> Result<CreatedUser, ClientError> {
        self.post("api/v1/users", new).await
    }

    /// Changes an account.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn change_user(&self, user: UserId, change: &UserChange) -> Result<User, ClientError> {
        self.call(Method::PATCH, &format!("api/v1/users/{user}"), change).await
    }

    /// Gives a person a new password.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn reset_password(
        &self,
        user: UserId,
        reset: &ResetPassword,
    ) -> Result<PasswordReset, ClientError> {
        self.post(&format!("api/v1/users/{user}/password"), reset).await
    }

    /// Lists the tenants, for the console's operator.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn tenants(&self) -> Result<Vec<Tenant>, ClientError> {
        self.get("api/v1/tenants", Vec::new()).await
    }

    /// Makes a tenant, for the console's operator.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn create_tenant(&self, new: &NewTenant) -> Result<Tenant, ClientError> {
        self.post("api/v1/tenants", new).await
    }

    /// Returns where the tenant's audit ends.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn audit_head(&self) -> Result<AuditHead, ClientError> {
        self.get("api/v1/audit/head", Vec::new()).await
    }

    /// Returns what is kept of the audits of the tenant's sites.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn site_audits(&self) -> Result<Vec<SiteAudit>, ClientError> {
        self.get("api/v1/audit/sites", Vec::new()).await
    }

    /// Compares the whole audit of a site with what is kept of it.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn verify_site_audit(&self, site: SiteId) -> Result<SiteAudit, ClientError> {
        self.post(&format!("api/v1/audit/sites/{site}/verify"), &serde_json::json!({})).await
    }

    /// Forgets what is kept of a site's audit.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn forget_site_audit(&self, site: SiteId) -> Result<(), ClientError> {
        self.tell(Method::POST, &format!("api/v1/audit/sites/{site}/forget"), NO_BODY).await
    }

    /// Returns entries of the audit after a number, the oldest first; none where there are no more.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn export_audit(&self, after: u64) -> Result<Vec<AuditEntry>, ClientError> {
        self.lines("api/v1/audit/export", vec![("after", after.to_string())]).await
    }

    /// Returns a page of the audit, the newest entries first.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn audit(&self, after: Option<&str>) -> Result<Page<AuditEntry>, ClientError> {
        let query = after.map(|after| ("after", after.to_owned())).into_iter().collect();
        self.get("api/v1/audit", query).await
    }
}
