//! One call: sent, answered, read.

use reqwest::{Method, RequestBuilder, Response, Url};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Client, ClientError, Problem};

/// The query of an address: names and values.
pub(super) type Query = Vec<(&'static str, String)>;

impl Client {
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str, query: Query) -> Result<T, ClientError> {
        self.read_at(self.url(path, &query)).await
    }

    pub(super) async fn read_at<T: DeserializeOwned>(&self, url: Url) -> Result<T, ClientError> {
        let attempt = attempt(&Method::GET, &url);
        let request = self.request(Method::GET, url).timeout(self.patience);
        read(self.send(request, &attempt).await?, attempt).await
    }

    /// Reads one JSON value of each line.
    pub(super) async fn lines<T: DeserializeOwned>(
        &self,
        path: &str,
        query: Query,
    ) -> Result<Vec<T>, ClientError> {
        let url = self.url(path, &query);
        let attempt = attempt(&Method::GET, &url);
        let request = self.request(Method::GET, url).timeout(self.patience);
        let response = self.send(request, &attempt).await?;
        let status = response.status().as_u16();
        match response.text().await {
            Ok(text) => {
                let lines = text.lines().map(serde_json::from_str);
                lines.collect::<Result<_, _>>().map_err(|_| ClientError::NotAConsole { attempt, status })
            }
            Err(source) => Err(ClientError::Failed { attempt, source }),
        }
    }

    pub(super) async fn post<B: Serialize, T: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
    ) -> Result<T, ClientError> {
        self.call(Method::POST, path, body).await
    }

    pub(super) async fn call<B, T>(&self, method: Method, path: &str, body: &B) -> Result<T, ClientError>
    where
        B: Serialize,
        T: DeserializeOwned,
    {
        let url = self.url(path, &Query::new());
        let attempt = attempt(&method, &url);
        let request = self.request(method, url).timeout(self.patience).json(body);
        read(self.send(request, &attempt).await?, attempt).await
    }

    /// Calls what answers with nothing.
    pub(super) async fn tell<B: Serialize>(
        &self,
        method: Method,
        path: &str,
        body: Option<&B>,
    ) -> Result<(), ClientError> {
        let url = self.url(path, &Query::new());
        let attempt = attempt(&method, &url);
        let mut request = self.request(method, url).timeout(self.patience);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.send(request, &attempt).await.map(|_| ())
    }

    pub(super) fn url(&self, path: &str, query: &Query) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path()));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    pub(super) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(super) async fn send(&self, request: RequestBuilder, attempt: &str) -> Result<Response, ClientError> {
        let failed = |source| ClientError::Failed { attempt: attempt.to_owned(), source };
        let response = request.send().await.map_err(failed)?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = response.bytes().await.map_err(failed)?;
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => Err(ClientError::Refused(Box::new(problem))),
            Err(_) => Err(ClientError::NotAConsole { attempt: attempt.to_owned(), status: status.as_u16() }),
        }
    }
}

/// Says what is attempted, without the query, which may hold names.
pub(super) fn attempt(method: &Method, url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    format!("{method} {url}")
}

async fn read<T: DeserializeOwned>(response: Response, attempt: String) -> Result<T, ClientError> {
    let status = response.status().as_u16();
    match response.bytes().await {
        Ok(body) => serde_json::from_slice(&body).map_err(|_| ClientError::NotAConsole { attempt, status }),
        Err(source) => Err(ClientError::Failed { attempt, source }),
    }
}
