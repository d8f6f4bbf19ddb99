//! Calls about signing in at a provider, and about sessions.

use action::UserId;
use reqwest::{Method, Url};
use uuid::Uuid;

use crate::{
    Client, ClientError, KeyAtSite, KeySignIn, NewKey, RetiredKey, SessionInfo, SignInMethods,
    SignInSettings, SignedIn,
};

/// For calls without a body.
const NO_BODY: Option<&()> = None;

/// What a provider's answer says, as a browser brings it to a loopback address.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ProviderAnswer {
    /// What the command line sent.
    pub state: Option<String>,
    /// The code to exchange.
    pub code: Option<String>,
    /// Who answers.
    pub iss: Option<String>,
    /// Why the provider refused.
    pub error: Option<String>,
}

impl ProviderAnswer {
    /// Reads the answer from the target of a request, such as `/callback?code=…`. `None` where it is none.
    pub fn of_target(target: &str) -> Option<Self> {
        let url = Url::parse("http://127.0.0.1/").ok()?.join(target).ok()?;
        if url.path() != "/callback" {
            return None;
        }
        let mut answer = Self::default();
        for (name, value) in url.query_pairs() {
            let place = match &*name {
                "state" => &mut answer.state,
                "code" => &mut answer.code,
                "iss" => &mut answer.iss,
                "error" => &mut answer.error,
                _ => continue,
            };
            // What comes twice is nobody's honest answer.
            if place.replace(value.into_owned()).is_some() {
                return None;
            }
        }
        Some(answer)
    }
}

impl Client {
    /// Returns the ways to sign in.
    ///
    /// # Errors
    ///
    /// See [`ClientError`]; the same holds for every call.
    pub async fn sign_in_methods(&self, tenant: Option<&str>) -> Result<SignInMethods, ClientError> {
        let query = tenant.map(|tenant| ("tenant", tenant.to_owned())).into_iter().collect();
        self.get("api/v1/sign-in/methods", query).await
    }

    /// Signs in with the key and the token of a sign-in at the tenant's provider, and stays signed in.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn sign_in_with_key(&mut self, sign_in: &KeySignIn) -> Result<SignedIn, ClientError> {
        let signed_in: SignedIn = self.post("api/v1/sign-in/openid/key", sign_in).await?;
        self.token.clone_from(&signed_in.token);
        Ok(signed_in)
    }

    /// Has the tenant's sites believe a key of the caller.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn bind_key(&self, key: &NewKey) -> Result<Vec<KeyAtSite>, ClientError> {
        self.post("api/v1/keys", key).await
    }

    /// Has the tenant's sites believe a key of the caller no more.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn retire_key(&self, key: &RetiredKey) -> Result<Vec<KeyAtSite>, ClientError> {
        self.post("api/v1/keys/retire", key).await
    }

    /// Returns how the people of the tenant sign in.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn sign_in_settings(&self) -> Result<SignInSettings, ClientError> {
        self.get("api/v1/sign-in/settings", Vec::new()).await
    }

    /// Sets how the people of the tenant sign in.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn put_sign_in_settings(
        &self,
        settings: &SignInSettings,
    ) -> Result<SignInSettings, ClientError> {
        self.call(Method::PUT, "api/v1/sign-in/settings", settings).await
    }

    /// Lists the caller's sessions, those of a person, or all.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn sessions(&self, user: Option<UserId>, all: bool) -> Result<Vec<SessionInfo>, ClientError> {
        let mut query = Vec::new();
        if let Some(user) = user {
            query.push(("user", user.to_string()));
        }
        if all {
            query.push(("all", "true".to_owned()));
        }
        self.get("api/v1/sessions", query).await
    }

    /// Ends a session.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn revoke_session(&self, session: Uuid) -> Result<(), ClientError> {
        self.tell(Method::DELETE, &format!("api/v1/sessions/{session}"), NO_BODY).await
    }

    /// Ends all sessions of a person.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn revoke_sessions(&self, user: UserId) -> Result<(), ClientError> {
        self.tell(Method::DELETE, &format!("api/v1/users/{user}/sessions"), NO_BODY).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_from_the_address() {
        let answer =
            ProviderAnswer::of_target("/callback?code=a%2Fb&state=s&iss=https%3A%2F%2Fid.example&x=1");
        let answer = answer.expect("an answer");
        assert_eq!(
            (answer.code.as_deref(), answer.state.as_deref(), answer.iss.as_deref(), answer.error),
            (Some("a/b"), Some("s"), Some("https://id.example"), None)
        );
        assert_eq!(ProviderAnswer::of_target("/favicon.ico"), None);
        assert_eq!(ProviderAnswer::of_target("/callback?code=a&code=b"), None, "twice is none");
    }
}
