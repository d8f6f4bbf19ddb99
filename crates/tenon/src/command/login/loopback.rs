//! Signs in at the tenant's provider: a browser goes there, and comes back to a port of this machine.

use std::{process::Stdio, time::Duration};

use anyhow::Context as _;
use console_api::{BeginSignIn, Client, FinishSignIn, ProviderAnswer, SignedIn};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use crate::{
    exit::{self, Stop},
    print,
    session::refused,
};

/// How long the browser has to come back: as long as the console keeps a sign-in that has begun.
const PATIENCE: Duration = Duration::from_mins(10);

/// How long one request may take to arrive, and the largest head that is read of it: a code has some hundred bytes.
const REQUEST_WITHIN: Duration = Duration::from_secs(10);
const LARGEST_HEAD: usize = 16 << 10;

const SIGNED_IN: &str = "Signed in. You can close this window and go on in the terminal.";
const NOT_SIGNED_IN: &str = "Not signed in: the terminal says why. You can close this window.";

/// Signs in by the provider; `open` says whether to start a browser.
pub(super) async fn sign_in(
    client: &mut Client,
    tenant: Option<String>,
    open: bool,
) -> anyhow::Result<SignedIn> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("failed to listen for the browser")?;
    let port = listener.local_addr().context("failed to listen for the browser")?.port();
    let begun = client.begin_sign_in(&BeginSignIn { tenant, port }).await.map_err(refused)?;
    print::line(&format!("open this address to sign in: {}", print::clean(&begun.authorization_url)))?;
    if open {
        start_browser(&begun.authorization_url);
    }
    let come_back = async {
        loop {
            let (mut stream, _) = listener.accept().await.context("failed to listen for the browser")?;
            if let Some(answer) = read(&mut stream).await {
                return Ok::<_, anyhow::Error>((stream, answer));
            }
            say(&mut stream, "404 Not Found", "There is nothing here.").await;
        }
    };
    let Ok(come_back) = timeout(PATIENCE, come_back).await else {
        return Err(Stop::error(exit::FAILED, "the browser did not come back", "run `tenon login` again"));
    };
    let (mut stream, answer) = come_back?;
    let outcome = finish(client, answer, begun.ticket).await;
    let text = if outcome.is_ok() { SIGNED_IN } else { NOT_SIGNED_IN };
    say(&mut stream, "200 OK", text).await;
    outcome
}

async fn finish(client: &mut Client, answer: ProviderAnswer, ticket: String) -> anyhow::Result<SignedIn> {
    let ProviderAnswer { state, code, iss, error } = answer;
    let (Some(state), Some(code), None) = (state, code, &error) else {
        let said = error.as_deref().unwrap_or("no code");
        let told = format!("the provider did not sign you in: {}", print::clean(said));
        return Err(Stop::error(
            exit::REFUSED,
            told,
            "run `tenon login` again, or ask the provider's administrator",
        ));
    };
    client.finish_sign_in(&FinishSignIn { ticket, state, code, iss }).await.map_err(refused)
}

/// Reads the head of a request; `None` where it is not the provider's answer.
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
fn start_browser(url: &str) {
    let started = std::process::Command::new("xdg-open")
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    drop(started);
}
