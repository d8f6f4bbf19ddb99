//! Who and what is refused, what they are told, and that nobody else is hurt.

use std::time::Duration;

use crate::support::{Agent, Ca, Connection, Identity, Purpose, SECRET, Site, TOKEN, device_uri};
use action::{DeviceId, EnrolmentId, SiteId};
use management_link::{
    Answer, Call, Discovery, RefusalKind, RenewRequest, Route, StateMessage, client::NoAnswer,
};
use management_point::Allowance;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Returns what kind of refusal an outcome is.
#[track_caller]
fn kind(outcome: Result<Answer, NoAnswer>) -> RefusalKind {
    match outcome {
        Err(NoAnswer::Refused(refusal)) => refusal.kind,
        other => panic!("not refused: {other:?}"),
    }
}

/// Makes a call and returns what kind of refusal it met; `None` where not even the handshake succeeded.
async fn meets(agent: &Agent, call: &Call) -> Option<RefusalKind> {
    // In TLS 1.3 a client learns of a refused certificate only when it reads.
    let mut connection = agent.connect().await.ok()?;
    connection.call(call).await.ok().map(kind)
}

#[tokio::test]
async fn a_wrong_token_and_a_wrong_secret_look_the_same_from_outside() {
    let site = Site::start().await;
    let mut told = Vec::new();
    for (token, secret) in [(TOKEN, "AAAAAAAAAAAAAAAAAAAAAA"), ("back-door", SECRET), ("", "")] {
        match site.stranger().enrol_with("shop-1", token, secret).await {
            Err(NoAnswer::Refused(refusal)) => told.push(refusal),
            other => panic!("not refused: {:?}", other.map(|identity| identity.device)),
        }
    }
    assert_eq!(told[0].kind, RefusalKind::EnrolmentRefused);
    assert_eq!(told[0], told[1]);
    assert_eq!(told[0], told[2]);

    assert_eq!(site.store.devices(None, 10).await.expect("read"), []);
    let texts = site.lines.texts().join("\n");
    assert!(texts.contains("the secret is wrong") && texts.contains("no such token"), "{texts}");
    assert!(!texts.contains(SECRET) && !texts.contains("AAAAAAAAAAAAAAAAAAAAAA"), "{texts}");
}

#[tokio::test]
async fn an_address_that_guesses_has_to_wait() {
    let site = Site::with(Allowance { burst: 3, every: Duration::from_secs(600) }).await;
    for _ in 0..3 {
        let outcome = site.stranger().enrol_with("shop-1", TOKEN, "guess").await.map(|_| Answer::Stored);
        assert_eq!(kind(outcome), RefusalKind::EnrolmentRefused);
    }
    let asked = site.authority.devices().len();
    let outcome = site.stranger().enrol("shop-1").await.map(|_| Answer::Stored);
    let Err(NoAnswer::Refused(refusal)) = outcome else { panic!("not refused: {outcome:?}") };
    assert_eq!(refusal.kind, RefusalKind::TooMany);
    assert!(refusal.retry_after.is_some_and(|seconds| (1..=601).contains(&seconds)), "{refusal:?}");
    assert_eq!(site.authority.devices().len(), asked, "the authority was not asked");
}

#[tokio::test]
async fn without_a_certificate_only_trust_and_enrolment_are_answered() {
    let site = Site::start().await;
    let discovery = Discovery { name: "shop-1".to_owned(), ..Discovery::default() };
    for call in [
        Call::Renew(RenewRequest { csr: String::new() }),
        Call::Manifest,
        Call::Document { sha256: [0; 32] },
        Call::State(StateMessage::Discovery(discovery)),
        Call::Time,
    ] {
        assert_eq!(meets(&site.stranger(), &call).await, Some(RefusalKind::CertificateMissing), "{call:?}");
    }
}

#[tokio::test]
async fn a_certificate_of_another_kind_is_not_a_devices() {
    let site = Site::start().await;
    let ca = &site.authority.ca;
    let days = (-1, 30);
    let (device, enrolment) = (DeviceId(service::dice::uuid()), EnrolmentId(service::dice::uuid()));
    let own = device_uri(ca.site, device, enrolment);
    let server = format!("tenon:site:{}:role:notification-server", ca.site);
    let other_site = device_uri(SiteId(service::dice::uuid()), device, enrolment);

    // A server's certificate is for servers: not even the handshake takes it from a client.
    let posing = ca.client(Purpose::Server, std::slice::from_ref(&server), days);
    assert_eq!(meets(&site.with_identity(&posing), &Call::Manifest).await, None);
    let posing = ca.client(Purpose::Server, std::slice::from_ref(&own), days);
    assert_eq!(meets(&site.with_identity(&posing), &Call::Manifest).await, None);
    // Another CA's neither, whatever it says.
    let stranger = Ca::new();
    let forged = stranger.client(Purpose::Client, std::slice::from_ref(&own), days);
    assert_eq!(meets(&site.with_identity(&forged), &Call::Manifest).await, None);

    for uris in [
        vec![server],
        vec![other_site],
        vec![own.clone(), own.replace("device", "devise")],
        vec![],
        vec!["https://example.org/".to_owned()],
    ] {
        let identity = ca.client(Purpose::Client, &uris, days);
        let met = meets(&site.with_identity(&identity), &Call::Manifest).await;
        assert_eq!(met, Some(RefusalKind::CertificateRefused), "{uris:?}");
    }
    let texts = site.lines.texts().join("\n");
    assert!(texts.contains("is of a server"), "{texts}");
    assert!(texts.contains("is of the site"), "{texts}");
}

#[tokio::test]
async fn a_certificate_that_has_ended_serves_for_its_renewal_only() {
    let site = Site::start().await;
    let (_, identity) = site.enrolled("shop-1").await;
    let uri = device_uri(site.authority.ca.site, identity.device, identity.enrolment);
    let again = |days| Identity {
        device: identity.device,
        enrolment: identity.enrolment,
        ..site.authority.ca.client(Purpose::Client, std::slice::from_ref(&uri), days)
    };

    let ended = site.with_identity(&again((-60, -30)));
    assert_eq!(meets(&ended, &Call::Manifest).await, Some(RefusalKind::CertificateRefused));
    let csr = service::tls::key_and_csr().expect("a key").csr_pem;
    ended.call(&Call::Renew(RenewRequest { csr: csr.clone() })).await.expect("renewed");

    let ended_long_ago = site.with_identity(&again((-500, -400)));
    assert_eq!(meets(&ended_long_ago, &Call::Renew(RenewRequest { csr })).await, None);
}

#[tokio::test]
async fn a_revoked_device_is_refused_also_on_a_connection_that_stands() {
    let site = Site::start().await;
    let (agent, identity) = site.enrolled("shop-1").await;
    let mut connection = agent.connect().await.expect("a connection");
    connection.call(&Call::Manifest).await.expect("a response").expect("an answer");

    site.authority.revoke(identity.enrolment);
    // The list is asked for anew once it is a second old.
    let refused = async {
        while connection.call(&Call::Manifest).await.expect("a response").is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), refused).await.expect("refused within seconds");
    let csr = service::tls::key_and_csr().expect("a key").csr_pem;
    let outcome = connection.call(&Call::Renew(RenewRequest { csr })).await.expect("a response");
    assert_eq!(kind(outcome), RefusalKind::CertificateRefused);
    site.lines.containing("is revoked").await;
}

#[tokio::test]
async fn a_body_of_100_mb_is_not_read() {
    let site = Site::start().await;
    let (agent, identity) = site.enrolled("shop-1").await;
    let mut connection = agent.connect().await.expect("a connection");
    let head = b"POST /mp/v1/state HTTP/1.1\r\nhost: mp\r\ncontent-length: 104857600\r\n\r\n{";
    connection.write(head).await.expect("written");
    let outcome = connection.answer(Route::State).await.expect("a response before the body is sent");
    assert_eq!(kind(outcome), RefusalKind::BodyTooLarge);

    // One that does not say its length is read up to the limit.
    let mut connection = agent.connect().await.expect("a connection");
    connection
        .write(b"POST /mp/v1/state HTTP/1.1\r\nhost: mp\r\ntransfer-encoding: chunked\r\n\r\n")
        .await
        .expect("written");
    let chunk = [&b"4000\r\n"[..], &[b'['; 0x4000], b"\r\n"].concat();
    let mut sent = 0;
    while sent < 100 << 20 && connection.write(&chunk).await.is_ok() {
        sent += chunk.len();
    }
    assert!(sent < 16 << 20, "{sent} bytes were taken");
    assert!(site.store.compliance(identity.device).await.expect("read").is_none());
    agent.call(&Call::Time).await.expect("the next call is answered");
}

#[tokio::test]
async fn what_is_no_call_is_refused_and_named() {
    let site = Site::start().await;
    let (agent, _) = site.enrolled("shop-1").await;
    async fn post(connection: &mut Connection, body: &str) -> Result<Answer, NoAnswer> {
        let head =
            format!("POST /mp/v1/state HTTP/1.1\r\nhost: mp\r\ncontent-length: {}\r\n\r\n", body.len());
        connection.write(format!("{head}{body}").as_bytes()).await.expect("written");
        connection.answer(Route::State).await.expect("a response")
    }
    let mut connection = agent.connect().await.expect("a connection");
    for body in [
        "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
        "{\"topic\":\"discovery\"",
        "{\"topic\":\"weather\",\"sun\":true}",
        &"[".repeat(60_000),
        "",
    ] {
        assert_eq!(kind(post(&mut connection, body).await), RefusalKind::BodyNotValid, "{body:.40}");
    }
    connection.write(b"GET /mp/v1/nothing HTTP/1.1\r\nhost: mp\r\n\r\n").await.expect("written");
    let outcome = connection.answer(Route::Time).await.expect("a response");
    assert_eq!(kind(outcome), RefusalKind::PathUnknown);
    // The same connection goes on.
    connection.call(&Call::Time).await.expect("a response").expect("an answer");
}

#[tokio::test]
async fn noise_instead_of_tls_or_http_hurts_nobody_else() {
    let site = Site::start().await;
    let (agent, _) = site.enrolled("shop-1").await;
    for noise in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 4_096], b""] {
        let mut stream = TcpStream::connect(site.address).await.expect("a connection");
        let _ = stream.write_all(noise).await;
        let _ = stream.shutdown().await;
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    }
    let mut connection = agent.connect().await.expect("a connection");
    connection.write(b"\x00\x01\x02 nonsense\r\n\r\n").await.expect("written");
    agent.call(&Call::Time).await.expect("an answer");
}
