//! The loopback address to which the provider sends the browser back.

use std::{process::Stdio, time::Duration};

use anyhow::Context as _;
use console_api::ProviderAnswer;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use crate::exit::{self, Stop};

/// How long the browser has to come back: time for a second factor, and for a new password.
const PATIENCE: Duration = Duration::from_mins(10);

/// How long one request may take to arrive, and the largest head that is read of it: a code has some hundred bytes.
const REQUEST_WITHIN: Duration = Duration::from_secs(10);
const LARGEST_HEAD: usize = 16 << 10;

const SIGNED_IN: &str = "Signed in. You can close this window and go on in the terminal.";
const NOT_SIGNED_IN: &str = "Not signed in: the terminal says why. You can close this window.";

/// A port of this machine that waits for the browser.
pub(super) struct Loopback {
    listener: TcpListener,
    /// Where the provider sends the browser.
    pub(super) redirect: String,
}

/// A browser that has come back and waits for a word.
pub(super) struct Waiting(TcpStream);

impl Loopback {
    /// Opens a port.
    pub(super) async fn open() -> anyhow::Result<Self> {
        let listener =
            TcpListener::bind(("127.0.0.1", 0)).await.context("failed to listen for the browser")?;
        let port = listener.local_addr().context("failed to listen for the browser")?.port();
        Ok(Self { listener, redirect: format!("http://127.0.0.1:{port}/callback") })
    }

    /// Waits for the provider's answer to the sign-in of that state; others are turned away, so that no page can end it.
    pub(super) async fn answer(&self, state: &str) -> anyhow::Result<(Waiting, ProviderAnswer)> {
        let come_back = async {
            loop {
                let accepted = self.listener.accept().await;
                let (mut stream, _) = accepted.context("failed to listen for the browser")?;
                match read(&mut stream).await {
                    Some(answer) if answer.state.as_deref() == Some(state) => {
                        return Ok::<_, anyhow::Error>((Waiting(stream), answer));
                    }
                    _ => say(&mut stream, "404 Not Found", "There is nothing here.").await,
                }
            }
        };
        let Ok(come_back) = timeout(PATIENCE, come_back).await else {
            return Err(Stop::error(
                exit::FAILED,
                "the browser did not come back",
                "run `tenon login` again",
            ));
        };
        come_back
    }
}

impl Waiting {
    /// Tells the browser how it went.
    pub(super) async fn tell(mut self, signed_in: bool) {
        let text = if signed_in { SIGNED_IN } else { NOT_SIGNED_IN };
        say(&mut self.0, "200 OK", text).await;
    }
}

/// Reads the head of a request; `None` where it is not a provider's answer.
async fn read(stream: &mut TcpStream) -> Option<ProviderAnswer> {
    let mut head = Vec::new();
    let whole = async {
        let mut part = [0; 2048];
        while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < LARGEST_HEAD {
            match stream.read(&mut part).await {
                Ok(0) | Err(_) => return None,
                Ok(read) => head.extend_from_slice(&part[..read]),
            }
        }
        Some(())
    };
    timeout(REQUEST_WITHIN, whole).await.ok()??;
    let text = std::str::from_utf8(&head).ok()?;
    let target = text.strip_prefix("GET ")?.split(' ').next()?;
    ProviderAnswer::of_target(target)
}

async fn say(stream: &mut TcpStream, status: &str, text: &str) {
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
    // The browser may be gone; the terminal says the same.
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Starts a browser where there is one; the address was printed in any case.
pub(super) fn start_browser(url: &str) {
    let started = std::process::Command::new("xdg-open")
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    drop(started);
}
