//! What a console's server says of itself to anybody: its clock and its version.

use action::Timestamp;
use reqwest::{Method, header::DATE};

use super::{Client, ClientError, call::attempt};

/// Where a console says that it lives.
const LIVE_PATH: &str = "health/live";
/// The header with the version of the program that answers.
pub const VERSION_HEADER: &str = "tenon-version";

/// What a console's server says of itself.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Server {
    /// Its clock, to the second, where it tells.
    pub clock: Option<Timestamp>,
    /// Its version, where it tells.
    pub version: Option<String>,
}

impl Client {
    /// Asks the console's server for its clock and version. Nobody has to be signed in.
    ///
    /// # Errors
    ///
    /// It cannot be reached, or proves to be somebody else.
    pub async fn server(&self) -> Result<Server, ClientError> {
        let url = self.url(LIVE_PATH, &super::call::Query::new());
        let attempt = attempt(&Method::GET, &url);
        let answer = self.send(self.request(Method::GET, url).timeout(self.patience), &attempt).await?;
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let clock = header(DATE.as_str()).and_then(|date| httpdate::parse_http_date(date).ok());
        let since = clock.and_then(|clock| clock.duration_since(std::time::UNIX_EPOCH).ok());
        let clock = since.and_then(|since| i64::try_from(since.as_millis()).ok()).map(Timestamp);
        Ok(Server { clock, version: header(VERSION_HEADER).map(str::to_owned) })
    }
}
