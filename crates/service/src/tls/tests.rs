use std::{fs, time::Duration};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::{ClientConfig, ProtocolVersion, ServerConfig, pki_types::ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::*;
use crate::running::owned;

const NAME: &str = "notification-server.example.internal";

#[tokio::test]
async fn a_wire_of_the_site_is_tls_1_3_with_the_cheaper_suite() {
    let ca = ca();
    let (chain, key) = issue(&ca, ExtendedKeyUsagePurpose::ServerAuth, 1);
    let server = server_config(&chain, &key, &ClientAuth::None).expect("a server");
    let client = client_config(&ca.pem(), None).expect("a client");
    let (version, suite) = connect(&client, &server).await.expect("connected");
    assert_eq!(version, ProtocolVersion::TLSv1_3);
    assert_eq!(suite, CipherSuite::TLS13_AES_128_GCM_SHA256);
}

#[tokio::test]
async fn who_must_show_a_certificate_and_does_not_is_refused() {
    let ca = ca();
    let (chain, key) = issue(&ca, ExtendedKeyUsagePurpose::ServerAuth, 1);
    let without = client_config(&ca.pem(), None).expect("a client");

    let required = ClientAuth::Required { ca_pem: ca.pem() };
    connect(&without, &server_config(&chain, &key, &required).expect("a server"))
        .await
        .expect_err("none shown");
    let optional = ClientAuth::Optional { ca_pem: ca.pem() };
    connect(&without, &server_config(&chain, &key, &optional).expect("a server")).await.expect("taken");
}

#[tokio::test]
async fn a_client_is_verified_by_issuer_usage_and_time() {
    let (ours, other) = (ca(), ca());
    for (what, issuer, usage, days, strict, lenient) in [
        ("a device", &ours, ExtendedKeyUsagePurpose::ClientAuth, 1, true, true),
        ("a server that poses as a device", &ours, ExtendedKeyUsagePurpose::ServerAuth, 1, false, false),
        ("a device of another site", &other, ExtendedKeyUsagePurpose::ClientAuth, 1, false, false),
        ("a device that was away for 3 days", &ours, ExtendedKeyUsagePurpose::ClientAuth, -3, false, true),
        ("a device that was away for 30 days", &ours, ExtendedKeyUsagePurpose::ClientAuth, -30, false, false),
        ("a stranger that was away", &other, ExtendedKeyUsagePurpose::ClientAuth, -3, false, false),
    ] {
        let (client_chain, client_key) = issue(issuer, usage, days);
        let client = client_config(&ours.pem(), Some((&client_chain, &client_key))).expect("a client");
        let (chain, key) = issue(&ours, ExtendedKeyUsagePurpose::ServerAuth, 1);
        let grace = Duration::from_secs(7 * 86_400);
        for (auth, expected) in [
            (ClientAuth::Required { ca_pem: ours.pem() }, strict),
            (ClientAuth::Optional { ca_pem: ours.pem() }, strict),
            (ClientAuth::OptionalExpired { ca_pem: ours.pem(), grace }, lenient),
        ] {
            let server = server_config(&chain, &key, &auth).expect("a server");
            assert_eq!(connect(&client, &server).await.is_ok(), expected, "{what} at {auth:?}");
        }
    }
}

#[tokio::test]
async fn a_server_is_verified_by_name_issuer_usage_and_time() {
    let (ours, other) = (ca(), ca());
    for (what, issuer, usage, days, expected) in [
        ("the server", &ours, ExtendedKeyUsagePurpose::ServerAuth, 1, true),
        ("a device that poses as the server", &ours, ExtendedKeyUsagePurpose::ClientAuth, 1, false),
        ("another site's server", &other, ExtendedKeyUsagePurpose::ServerAuth, 1, false),
        ("a server whose certificate ended", &ours, ExtendedKeyUsagePurpose::ServerAuth, -1, false),
    ] {
        let (chain, key) = issue(issuer, usage, days);
        let server = server_config(&chain, &key, &ClientAuth::None).expect("a server");
        let client = client_config(&ours.pem(), None).expect("a client");
        assert_eq!(connect(&client, &server).await.is_ok(), expected, "{what}");
    }
}

#[tokio::test]
async fn a_session_of_the_site_is_never_resumed() {
    let ca = ca();
    let (chain, key) = issue(&ca, ExtendedKeyUsagePurpose::ServerAuth, 1);
    let server = server_config(&chain, &key, &ClientAuth::None).expect("a server");
    let client = client_config(&ca.pem(), None).expect("a client");
    for _ in 0..2 {
        let stream = open(&client, &server).await.expect("connected");
        let kind = stream.get_ref().1.handshake_kind();
        assert_ne!(kind, Some(rustls::HandshakeKind::Resumed));
    }
}

#[tokio::test]
async fn replaced_certificate_files_serve_the_next_connection() {
    let (old, new) = (ca(), ca());
    let folder = tempfile::tempdir().expect("a folder");
    let (chain_file, key_file) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    let write = |(chain, key): (String, String)| {
        fs::write(&chain_file, chain).and_then(|()| fs::write(&key_file, key)).expect("written");
    };
    write(issue(&old, ExtendedKeyUsagePurpose::ServerAuth, 1));
    let files = CertificateFiles::load(&chain_file, &key_file).expect("loaded");
    let server = web_server_config(files.certificate()).expect("a server");
    let (trusts_new, _) = outside_client_config(Some(&new.pem())).expect("a client");
    connect(&trusts_new, &server).await.expect_err("the old certificate");

    fs::write(&chain_file, "-----BEGIN NOTHING-----").expect("written");
    assert!(matches!(files.reload(), Err(TlsError::NotPem { .. })));
    let (trusts_old, _) = outside_client_config(Some(&old.pem())).expect("a client");
    connect(&trusts_old, &server).await.expect("the old certificate still serves");

    write(issue(&new, ExtendedKeyUsagePurpose::ServerAuth, 1));
    files.reload().expect("loaded again");
    connect(&trusts_new, &server).await.expect("the new certificate");
}

#[test]
fn a_key_that_is_not_the_certificates_is_refused() {
    let ca = ca();
    let (chain, _) = issue(&ca, ExtendedKeyUsagePurpose::ServerAuth, 1);
    let (_, other_key) = issue(&ca, ExtendedKeyUsagePurpose::ServerAuth, 1);
    let error = ServerCertificate::new(&chain, &other_key).expect_err("another key");
    assert!(matches!(error, TlsError::NotUsable { .. }), "{error}");
    assert!(matches!(ServerCertificate::new("", &other_key), Err(TlsError::NotPem { .. })));
}

#[test]
fn a_request_for_a_certificate_holds_a_p_256_key_and_no_name() {
    let made = key_and_csr().expect("made");
    let request = rcgen::CertificateSigningRequestParams::from_pem(&made.csr_pem).expect("a request");
    assert_eq!(request.params.distinguished_name, rcgen::DistinguishedName::new());
    let key = KeyPair::from_pem(&made.key_pem).expect("a key");
    assert!(key.is_compatible(&rcgen::PKCS_ECDSA_P256_SHA256));
    assert!(!format!("{made:?}").contains("PRIVATE"), "a key is never shown");
}

fn ca() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a CA")
}

/// Issues a certificate that ends `days` from now.
fn issue(
    ca: &CertifiedIssuer<'static, KeyPair>,
    usage: ExtendedKeyUsagePurpose,
    days: i64,
) -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(vec![NAME.to_owned()]).expect("a name");
    params.extended_key_usages = vec![usage];
    let now = crate::clock::now().0 / 1_000;
    let at = |days: i64| {
        let day = rcgen::date_time_ymd(1970, 1, 1);
        day + Duration::from_secs(u64::try_from(now + days * 86_400).expect("after 1970"))
    };
    params.not_before = at(days - 60);
    params.not_after = at(days);
    let certificate = params.signed_by(&key, ca).expect("issued");
    (certificate.pem(), key.serialize_pem())
}

type Connected = tokio_rustls::client::TlsStream<tokio::io::DuplexStream>;

/// Connects and exchanges a byte each way, so that the server's verdict on the client is known.
async fn open(client: &Arc<ClientConfig>, server: &Arc<ServerConfig>) -> io::Result<Connected> {
    let (near, far) = tokio::io::duplex(64 << 10);
    let acceptor = TlsAcceptor::from(Arc::clone(server));
    let serve = owned(async move {
        let mut stream = acceptor.accept(far).await?;
        stream.write_all(b"x").await?;
        stream.flush().await?;
        stream.read_u8().await
    });
    let name = ServerName::try_from(NAME).expect("a name");
    let mut stream = TlsConnector::from(Arc::clone(client)).connect(name, near).await?;
    stream.read_u8().await?;
    stream.write_all(b"y").await?;
    stream.flush().await?;
    serve.await.expect("the server held")?;
    Ok(stream)
}

async fn connect(
    client: &Arc<ClientConfig>,
    server: &Arc<ServerConfig>,
) -> io::Result<(ProtocolVersion, CipherSuite)> {
    let stream = open(client, server).await?;
    let session = stream.get_ref().1;
    let suite = session.negotiated_cipher_suite().expect("connected").suite();
    Ok((session.protocol_version().expect("connected"), suite))
}
