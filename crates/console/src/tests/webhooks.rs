//! Webhooks against a receiver that is really called, over TLS.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use console_api::{CreatedWebhook, DeadLetter, Replayed, Webhook};
use outside::{Options, Outside};
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use service::{
    http::{self, Listener},
    log::{Component, ComponentLog},
    shutdown::Shutdown,
    tls::{self, CertificateFiles},
};
use tokio::{net::TcpListener, task::JoinSet};

use super::world::World;
use crate::webhooks::deliver;

/// What other systems are sent, and how they answer.
#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Received>>);

#[derive(Default)]
struct Received {
    answers: Vec<u16>,
    got: Vec<(HeaderMap, String)>,
}

impl Receiver {
    fn answers(&self, answers: &[u16]) {
        self.0.lock().expect("not poisoned").answers = answers.to_vec();
    }

    fn got(&self) -> Vec<(HeaderMap, String)> {
        std::mem::take(&mut self.0.lock().expect("not poisoned").got)
    }
}

async fn receive(
    State(receiver): State<Receiver>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, HeaderMap) {
    let mut received = receiver.0.lock().expect("not poisoned");
    received.got.push((headers, body));
    let status = if received.answers.is_empty() { 204 } else { received.answers.remove(0) };
    let mut more = HeaderMap::new();
    more.insert("location", "https://127.0.0.1:1/elsewhere".parse().expect("a header"));
    (StatusCode::from_u16(status).expect("a status"), more)
}

/// Starts a receiver; returns its address and the certificate to trust.
async fn start(tasks: &mut JoinSet<()>, receiver: &Receiver) -> (String, Vec<u8>) {
    let folder = tempfile::tempdir().expect("a folder");
    let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    let own = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let pem = params.self_signed(&own).expect("a certificate").pem();
    std::fs::write(&certificate, &pem).expect("written");
    std::fs::write(&key, own.serialize_pem()).expect("written");
    let files = CertificateFiles::load(&certificate, &key).expect("a certificate");
    let config = tls::web_server_config(files.certificate()).expect("a server");
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let port = listener.local_addr().expect("it listens").port();
    let router = Router::new().route("/hook", post(receive)).with_state(receiver.clone());
    let (log, _) = ComponentLog::memory(Component::ADMIN_CENTER);
    tasks.spawn(async move {
        let _ = http::serve(router, Listener::Tls(listener, config), log, Shutdown::new()).await;
    });
    (format!("https://localhost:{port}/hook"), pem.into_bytes())
}

#[tokio::test]
async fn an_event_is_signed_sent_until_it_is_taken_and_can_be_replayed() {
    let mut tasks = JoinSet::new();
    let receiver = Receiver::default();
    let (url, pem) = start(&mut tasks, &receiver).await;
    for db in testkit::databases().await {
        let world = World::reaching(
            db,
            Outside::new(&Options { private_addresses: true, ca_pem: Some(&pem), ..Options::default() })
                .expect("a client"),
        )
        .await;
        let site = world.site(&world.ann, 1).await;
        let new = json!({ "url": url, "types": ["tenon.site.connected", "tenon.site.away"] });
        let made = world.post("/api/v1/webhooks", &world.ann, &new).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let made: CreatedWebhook = made.json();
        let hook = format!("/api/v1/webhooks/{}", made.webhook.id);

        world.outbox().link_up(site, world.clock.now()).await.expect("stored");
        receiver.answers(&[500, 302, 204]);
        for _ in 0..3 {
            deliver::pass(&world.console).await.expect("the store works");
            world.clock.advance(Duration::from_mins(2));
        }
        let got = receiver.got();
        assert_eq!(got.len(), 3, "{}: a redirect is not followed, and no answer", world.name);
        for (headers, body) in &got {
            let header = |name: &str| headers[name].to_str().expect("text");
            assert_eq!(header("content-type"), "application/cloudevents+json");
            let signed = format!("{}.{}.{body}", header("webhook-id"), header("webhook-timestamp"));
            assert!(is_signed(&made.secret, &signed, header("webhook-signature")));
            let event: Value = serde_json::from_str(body).expect("JSON");
            assert_eq!((&event["type"], &event["subject"]), (&json!("tenon.site.connected"), &json!(site)));
        }
        assert!(got.iter().all(|(headers, _)| headers["webhook-id"] == got[0].0["webhook-id"]));

        world.outbox().link_down(site, world.clock.now()).await.expect("stored");
        receiver.answers(&[410; deliver::ATTEMPTS as usize]);
        for _ in 0..deliver::ATTEMPTS + 3 {
            deliver::pass(&world.console).await.expect("the store works");
            world.clock.advance(Duration::from_hours(5));
        }
        assert_eq!(receiver.got().len(), deliver::ATTEMPTS as usize, "{}", world.name);
        let ann = world.sign_in("ann").await;
        let listed: Vec<Webhook> = world.get("/api/v1/webhooks", &ann).await.json();
        assert_eq!((listed[0].waiting, listed[0].dead), (0, 1));
        let dead: Vec<DeadLetter> = world.get(&format!("{hook}/dead-letters"), &ann).await.json();
        assert!(dead[0].error.contains("410") && dead[0].event["type"] == "tenon.site.away", "{dead:?}");

        let replayed: Replayed = world.post(&format!("{hook}/replay"), &ann, &json!({})).await.json();
        assert_eq!(replayed.events, 1);
        deliver::pass(&world.console).await.expect("the store works");
        assert_eq!(receiver.got().len(), 1);
        let listed: Vec<Webhook> = world.get("/api/v1/webhooks", &ann).await.json();
        assert_eq!((listed[0].waiting, listed[0].dead), (0, 0), "{}", world.name);
        assert_eq!(world.call(axum::http::Method::DELETE, &hook, &ann, None).await.status, 204);
        assert_eq!(world.get(&format!("{hook}/dead-letters"), &ann).await.status, 404);
    }
}

#[tokio::test]
async fn only_the_internet_is_called_unless_the_operator_says_otherwise() {
    let world = World::new().await;
    for url in [
        "http://hooks.example",
        "https://127.0.0.1/x",
        "https://[::1]/",
        "https://169.254.169.254/",
        "https://10.0.0.1/",
        "https://a:b@hooks.example/",
        "nonsense",
    ] {
        let problem = world.post("/api/v1/webhooks", &world.ann, &json!({ "url": url })).await.problem();
        assert_eq!((problem.status, problem.field.as_deref()), (422, Some("url")), "{url}");
    }
    let new = json!({ "url": "https://hooks.example/x", "types": ["tenon.everything"] });
    assert_eq!(
        world.post("/api/v1/webhooks", &world.ann, &new).await.problem().field.as_deref(),
        Some("types")
    );
}

fn is_signed(secret: &str, signed: &str, signature: &str) -> bool {
    use aws_lc_rs::hmac;
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let key = STANDARD.decode(secret.strip_prefix("whsec_").expect("a secret")).expect("base64");
    let tag = STANDARD.decode(signature.strip_prefix("v1,").expect("version 1")).expect("base64");
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &key), signed.as_bytes(), &tag).is_ok()
}
