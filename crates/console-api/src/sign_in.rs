//! How a tenant's people sign in: with accounts of the console, or at an OpenID Connect provider.

use std::fmt;

use action::{ConsoleId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The ways to sign in, as somebody who is not signed in may see them.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct SignInMethods {
    /// Whether the console waits for its first administrator (`POST /api/v1/setup`).
    pub needs_set_up: bool,
    /// Whether a tenant has to be named first: the console has several.
    pub needs_tenant: bool,
    /// Whether accounts of the console may sign in, with name and password (`POST /api/v1/sessions`).
    pub local: bool,
    /// The provider of the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openid: Option<OpenIdMethod>,
}

/// A provider at which people sign in.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct OpenIdMethod {
    /// The provider.
    pub issuer: String,
    /// Where a page sends the browser: a path at the console. `&return_to=/path` may be added, and
    /// `&nonce=…`, the commitment to a key of the page.
    pub start: String,
    /// The tenant: what a key of the person commits to.
    #[schema(value_type = uuid::Uuid)]
    pub tenant: TenantId,
    /// The console: what a key of the person is bound for.
    #[schema(value_type = uuid::Uuid)]
    pub console: ConsoleId,
    /// The client that the command line is there, where it may sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cli_client_id: Option<String>,
    /// Scopes to ask for beside `openid` and `profile`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
}

/// How the people of a tenant sign in.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInSettings {
    /// Whether accounts of the console may sign in. Only who has signed in at the provider as an administrator may
    /// switch them off.
    pub local_accounts: bool,
    /// The tenant's OpenID Connect provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openid: Option<OpenIdSettings>,
}

/// An OpenID Connect provider and what the tenant is to it.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenIdSettings {
    /// The provider's issuer, exactly as its tokens name it: `https://…`.
    pub issuer: String,
    /// The client that the page is at the provider.
    pub page_client_id: String,
    /// The page's secret, where the provider gave one. It is not shown again; absent in a change, it stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_client_secret: Option<String>,
    /// The client that the command line is at the provider: public, with a loopback redirect address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cli_client_id: Option<String>,
    /// The claim that names a person and never changes: `sub`, or `oid` at Microsoft Entra.
    #[serde(default = "OpenIdSettings::sub")]
    pub person_claim: String,
    /// The claim that holds the person's groups.
    #[serde(default = "OpenIdSettings::groups")]
    pub groups_claim: String,
    /// The claim that people know a person by.
    #[serde(default = "OpenIdSettings::preferred_username")]
    pub name_claim: String,
    /// Scopes to ask for beside `openid` and `profile`, such as `groups`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// How long a session lasts, 5 to 720 minutes: a group that is taken away at the provider counts from the next
    /// sign-in on.
    #[serde(default = "OpenIdSettings::four_hours")]
    pub session_minutes: u32,
}

impl OpenIdSettings {
    fn sub() -> String {
        "sub".to_owned()
    }

    fn groups() -> String {
        "groups".to_owned()
    }

    fn preferred_username() -> String {
        "preferred_username".to_owned()
    }

    fn four_hours() -> u32 {
        240
    }
}

/// The command line has signed in at the provider, with a key of its own.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeySignIn {
    /// The tenant's name; needed where the console has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// A JWS of the key with the token of the sign-in (docs/protocol/proof.md), made within the last two minutes.
    pub sign_in: String,
}

impl fmt::Debug for OpenIdSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenIdSettings")
            .field("issuer", &self.issuer)
            .field("page_client_id", &self.page_client_id)
            .field("cli_client_id", &self.cli_client_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for KeySignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySignIn").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_needs_no_more_than_its_issuer_and_one_client() {
        let settings: OpenIdSettings =
            serde_json::from_str(r#"{"issuer":"https://id.example","page_client_id":"tenon"}"#)
                .expect("read");
        assert_eq!(
            (&*settings.person_claim, &*settings.groups_claim, settings.session_minutes),
            ("sub", "groups", 240)
        );
        let secret = OpenIdSettings { page_client_secret: Some("horse".into()), ..settings };
        assert!(!format!("{secret:?}").contains("horse"));
    }
}
