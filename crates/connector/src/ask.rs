//! One HTTP request to the console, over a connection of its own.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use site_link::LARGEST_HANDSHAKE;
use tokio::time::timeout;

use crate::dial::{DialError, Dialer};

/// How long an answer may take: the console commits once.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error(transparent)]
    Dial(#[from] DialError),
    #[error("the console did not answer as HTTP does: {0}")]
    Http(String),
}

/// Asks `page` of the console and returns the answer's status and body.
pub(crate) async fn ask(
    dialer: &Dialer,
    method: Method,
    page: &str,
    body: Vec<u8>,
) -> Result<(StatusCode, Bytes), AskError> {
    let stream = dialer.dial().await?;
    match timeout(PATIENCE, exchange(dialer, stream, method, page, body)).await {
        Ok(answer) => answer,
        Err(_) => Err(AskError::Http(format!("no answer within {} s", PATIENCE.as_secs()))),
    }
}

async fn exchange(
    dialer: &Dialer,
    stream: Box<dyn crate::dial::Stream>,
    method: Method,
    page: &str,
    body: Vec<u8>,
) -> Result<(StatusCode, Bytes), AskError> {
    let console = dialer.console();
    let request = Request::builder()
        .method(method)
        .uri(console.path(page))
        .header(header::HOST, console.authority())
        .header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| AskError::Http(error.to_string()))?;
    let broken = |error: hyper::Error| AskError::Http(error.to_string());
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(broken)?;
        let status = response.status();
        let body = Limited::new(response.into_body(), LARGEST_HANDSHAKE).collect().await;
        let body = body.map_err(|error| AskError::Http(error.to_string()))?;
        Ok((status, body.to_bytes()))
    };
    tokio::pin!(answer, connection);
    tokio::select! {
        answer = &mut answer => answer,
        // The connection may end before its last answer is read out.
        _ = &mut connection => answer.await,
    }
}
