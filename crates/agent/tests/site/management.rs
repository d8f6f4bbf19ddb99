//! The management point: answers from the desk of the test.

use std::sync::{Arc, Mutex};

use axum::{Router, body::to_bytes, extract::Request};
use management_link::{Answer, ByteRange, Call, Part, Refusal, server};
use proof::{Hash, SiteRole};
use service::{
    http::{Listener, serve as serve_http},
    log::{Component, ComponentLog},
    shutdown::Shutdown,
    tls::{ClientAuth, server_config},
};
use tokio::net::TcpListener;

use super::{Authority, Desk, Spoiled, keep};

pub async fn serve(
    socket: TcpListener,
    authority: Arc<Authority>,
    role: SiteRole,
    desk: Arc<Mutex<Desk>>,
    shutdown: Shutdown,
) {
    let (chain, key) = authority.server(&role);
    let clients = ClientAuth::Optional { ca_pem: authority.ca_pem() };
    let tls = server_config(&chain, &key, &clients).expect("a server");
    let router = Router::new().fallback(move |request: Request| {
        let (authority, desk) = (Arc::clone(&authority), Arc::clone(&desk));
        async move {
            let (head, body) = request.into_parts();
            let body = to_bytes(body, management_link::LARGEST_BODY).await.expect("a body");
            let range = head.headers.get("range").and_then(|range| range.to_str().ok());
            let outcome = server::Asked::find(&head.method, head.uri.path())
                .and_then(|asked| asked.with_range(range).read(&body))
                .and_then(|call| answer(call, &authority, &mut desk.lock().expect("not poisoned")));
            server::respond(outcome).map(axum::body::Body::from)
        }
    });
    let (log, _lines) = ComponentLog::memory(Component::MANAGEMENT_POINT);
    serve_http(router, Listener::Tls(socket, tls), log, shutdown).await;
}

fn answer(call: Call, authority: &Authority, desk: &mut Desk) -> Result<Answer, Refusal> {
    if desk.away && !matches!(call, Call::Trust) {
        return Err(Refusal::unavailable(1));
    }
    Ok(match call {
        Call::Trust => Answer::Trust(authority.trust_text()),
        Call::Enrol(request) => {
            desk.secrets.push(request.secret.clone());
            if request.token != "t1" {
                return Err(Refusal::enrolment_refused());
            }
            desk.discovery.push(request.discovery);
            Answer::Enrolled(authority.admit(&request.csr))
        }
        Call::Renew(request) => {
            desk.renewals += 1;
            Answer::Enrolled(authority.admit(&request.csr))
        }
        Call::Manifest => Answer::Manifest(authority.manifest(desk)),
        Call::Document { sha256 } => {
            let mut all = desk.policies.iter().chain(&desk.applications);
            let found = all.find(|(_, document)| Hash::of(document.as_bytes()).0 == sha256);
            let (_, document) = found.ok_or_else(Refusal::document_unknown)?;
            let swapped = desk.swapped_documents.then(|| document.replace("Managed", "Owned"));
            Answer::Document(swapped.unwrap_or_else(|| document.clone()).into_bytes())
        }
        Call::Content { sha256, range } => content(sha256, range, desk)?,
        Call::State(message) => {
            keep(desk, message);
            Answer::Stored
        }
        Call::Time => Answer::Time(authority.site_time()),
    })
}

fn content(sha256: [u8; 32], range: ByteRange, desk: &mut Desk) -> Result<Answer, Refusal> {
    desk.ranges.push((range.from, range.length));
    if desk.spoiled == Spoiled::CutOnce && range.from > 0 {
        desk.spoiled = Spoiled::Nothing;
        return Err(Refusal::unavailable(1));
    }
    let found = desk.content.iter().find(|(hash, _)| hash.0 == sha256);
    let (_, whole) = found.ok_or_else(Refusal::content_unknown)?;
    let mut whole = whole.clone();
    match desk.spoiled {
        Spoiled::Corrupted => whole.iter_mut().take(1).for_each(|byte| *byte ^= 1),
        Spoiled::Truncated => whole.truncate(whole.len() - 1),
        Spoiled::Nothing | Spoiled::CutOnce => {}
    }
    let [from, length] =
        [range.from, range.length.into()].map(|number| usize::try_from(number).unwrap_or(usize::MAX));
    let bytes: Vec<u8> = whole.iter().skip(from).take(length).copied().collect();
    if bytes.is_empty() {
        return Err(Refusal::content_unknown());
    }
    Ok(Answer::Content(Part { from: range.from, size: whole.len() as u64, bytes }))
}
