use std::{net::SocketAddr, sync::Arc};

use connector::AttachOptions;
use proof::Hash;
use service::tls::{ClientAuth, server_config};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::{
    attaching::{options, tls_page},
    support::within,
};

#[tokio::test]
async fn a_site_is_attached_through_a_proxy_and_with_a_ca_of_its_own() {
    service::tls::install_provider();
    let folder = tempfile::tempdir().expect("a folder");
    let made = rcgen::generate_simple_self_signed(["console.test".to_owned()]).expect("a certificate");
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let config = server_config(&certificate, &key, &ClientAuth::None).expect("a TLS end");
    let own = Hash::of(made.cert.der());
    let (console, _console) = tls_page(Arc::clone(&config), Some(own)).await;
    let (proxy, mut asked, _proxy) = proxy(console).await;

    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, &certificate).expect("written");
    let options = AttachOptions {
        root: None,
        proxy: Some(format!("http://kim:secret@{proxy}")),
        ca_file: Some(ca),
        ..options(folder.path(), "https://console.test")
    };
    let attached = within("attaching", connector::attach(options.clone())).await.expect("attached");
    assert_eq!(attached.checks, ["reachability", "TLS", "clock", "code"]);
    assert_eq!(attached.reads_along, None);
    let head = asked.recv().await.expect("asked");
    assert!(head.starts_with("CONNECT console.test:443 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("Proxy-Authorization: Basic a2ltOnNlY3JldA=="), "{head}");

    // Without that CA the proxy's other end is nobody.
    let other = tempfile::tempdir().expect("a folder");
    let foreign = rcgen::generate_simple_self_signed(["console.test".to_owned()]).expect("a certificate");
    let ca = other.path().join("ca.pem");
    std::fs::write(&ca, foreign.cert.pem()).expect("written");
    let options = AttachOptions { folder: other.path().to_owned(), ca_file: Some(ca), ..options };
    let refused = within("a refusal", connector::attach(options)).await.expect_err("not trusted");
    assert_eq!(refused.check(), "TLS-inspecting proxy");
    assert!(refused.fix().contains("connector.ca-file"));
    let told = service::error::Chain(&refused).to_string();
    assert!(
        told.contains("a proxy that inspects TLS?") && told.contains("CN=rcgen self signed cert"),
        "{told}"
    );
}

#[tokio::test]
async fn a_proxy_that_inspects_tls_and_is_trusted_is_named_and_changes_nothing() {
    service::tls::install_provider();
    let folder = tempfile::tempdir().expect("a folder");
    // The proxy's own certificate for the console's name; the console says that it shows another one.
    let made = rcgen::generate_simple_self_signed(["console.test".to_owned()]).expect("a certificate");
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let config = server_config(&certificate, &key, &ClientAuth::None).expect("a TLS end");
    let (console, _console) = tls_page(config, Some(Hash::of(b"the console's own"))).await;
    let (proxy, _asked, _proxy) = proxy(console).await;
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, &certificate).expect("written");
    let options = AttachOptions {
        root: None,
        proxy: Some(format!("http://{proxy}")),
        ca_file: Some(ca),
        ..options(folder.path(), "https://console.test")
    };
    let attached = within("attaching", connector::attach(options)).await.expect("attached all the same");
    assert_eq!(attached.reads_along.as_deref(), Some("CN=rcgen self signed cert"));
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let proxy = listener.local_addr().expect("bound");
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await;
        }
    });
    let options = AttachOptions {
        root: None,
        proxy: Some(format!("http://{proxy}")),
        ..options(folder.path(), "https://console.test")
    };
    let refused = within("a refusal", connector::attach(options)).await.expect_err("no way");
    assert_eq!(refused.check(), "reachability");
    let text = service::error::Chain(&refused).to_string();
    assert!(text.contains("407") && text.contains(&proxy.to_string()), "{text}");
    assert!(refused.fix().contains("connector.proxy"));
}

/// Starts an HTTP proxy that leads everybody to `server`, and tells what it was asked.
async fn proxy(server: SocketAddr) -> (SocketAddr, tokio::sync::mpsc::Receiver<String>, JoinSet<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let (asked, heard) = tokio::sync::mpsc::channel(16);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut open = JoinSet::new();
        while let Ok((mut near, _)) = listener.accept().await {
            let asked = asked.clone();
            open.spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(near.read_u8().await.expect("a head"));
                }
                let _ = asked.send(String::from_utf8_lossy(&head).into_owned()).await;
                let mut far = TcpStream::connect(server).await.expect("the console");
                near.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.expect("open");
                let _ = copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    (address, heard, tasks)
}
