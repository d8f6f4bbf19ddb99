use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use x509_parser::prelude::{FromDer as _, GeneralName, ParsedExtension, X509Certificate};

use super::*;

/// What a certificate says: its names, what it is for, and its days.
fn certificate(chain: &str) -> (Vec<String>, bool, bool, i64) {
    let der = CertificateDer::from_pem_slice(chain.as_bytes()).expect("a certificate");
    let (_, certificate) = X509Certificate::from_der(&der).expect("a certificate");
    let (mut names, mut client, mut server) = (Vec::new(), false, false);
    for extension in certificate.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::SubjectAlternativeName(given) => {
                names.extend(given.general_names.iter().map(|name| match name {
                    GeneralName::URI(uri) => format!("URI {uri}"),
                    GeneralName::DNSName(name) => format!("DNS {name}"),
                    other => format!("{other:?}"),
                }));
            }
            ParsedExtension::ExtendedKeyUsage(usage) => {
                (client, server) = (usage.client_auth, usage.server_auth)
            }
            ParsedExtension::BasicConstraints(constraints) => assert!(!constraints.ca),
            _ => {}
        }
    }
    let days = (certificate.validity().not_after.timestamp() - NOW.0 / 1000) / 86_400;
    (names, client, server, days)
}

#[tokio::test]
async fn a_device_is_admitted_and_nothing_of_its_request_is_copied_but_the_key() {
    let mut site = Site::new().await;
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut params = rcgen::CertificateParams::new(vec!["evil.example".to_owned()]).expect("params");
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let csr = params.serialize_request(&key).expect("a request").pem().expect("PEM");
    let token = site.token(1, None).await;
    let answer = enrolled(site.enrol(&token, &csr, "shop-1").await);

    let uri =
        format!("URI tenon:site:{}:role:device:{}:{}", site.desk.site(), answer.device, answer.enrolment);
    assert_eq!(certificate(&answer.chain), (vec![uri], true, false, 30));
    assert_eq!(answer.not_after, NOW.plus(30 * DAY));
    assert_eq!(answer.resource.0, 16_777_217);
    let trust = Trusted::verify(&answer.trust_document, token.root_key_sha256).expect("by the token's hash");
    assert!(answer.chain.ends_with(&trust.document().ca));
}

#[tokio::test]
async fn a_token_lets_in_who_knows_its_secret_as_often_as_it_says_until_it_ends() {
    let mut site = Site::new().await;
    let token = site.token(2, None).await;
    let wrong = JoinToken { secret: proof::join_token::Secret([7; 16]), ..token.clone() };
    let unknown = JoinToken { id: "j99".into(), ..token.clone() };
    let reason = denied(site.enrol(&wrong, &csr(), "x").await);
    assert!(reason.contains("unknown, or its secret is wrong"), "{reason}");
    assert!(denied(site.enrol(&unknown, &csr(), "x").await).contains("unknown, or its secret is wrong"));
    assert!(!format!("{:?}", site.log.texts()).contains(&token.secret.text()), "the secret is in the log");

    enrolled(site.enrol(&token, &csr(), "shop-1").await);
    enrolled(site.enrol(&token, &csr(), "shop-2").await);
    assert!(denied(site.enrol(&token, &csr(), "shop-3").await).contains("used up"));

    let token = site.token(1, None).await;
    site.now = NOW.plus(60 * MINUTE);
    assert!(denied(site.enrol(&token, &csr(), "late").await).contains("ended at"));

    let token = site.token(1, None).await;
    site.owner(OwnerCall::RevokeJoinToken { id: token.id.clone() }).await;
    assert!(denied(site.enrol(&token, &csr(), "x").await).contains("used up or was revoked"));
    assert_eq!(site.desk.site.devices.len(), 2);
}

#[tokio::test]
async fn a_device_whose_answer_was_lost_asks_again_with_its_key() {
    let mut site = Site::new().await;
    let (token, csr_1) = (site.token(1, None).await, csr());
    let before = site.desk.store.commits();
    let first = enrolled(site.enrol(&token, &csr_1, "shop-1").await);
    assert_eq!(site.desk.store.commits() - before, 1);
    let second = enrolled(site.enrol(&token, &csr_1, "shop-1").await);
    assert_eq!(
        (first.device, first.enrolment, first.resource),
        (second.device, second.enrolment, second.resource)
    );
    site.owner(OwnerCall::RevokeDevice { device: first.device }).await;
    assert!(denied(site.enrol(&token, &csr_1, "shop-1").await).contains("revoked"));
}

#[tokio::test]
async fn what_is_no_request_for_a_usable_key_is_denied() {
    let mut site = Site::new().await;
    let token = site.token(1, None).await;
    let good = csr();
    let spoilt = {
        // The signature no longer fits what it is over.
        let mut der = pem_bytes(&good);
        let middle = der.len() / 2;
        der[middle] ^= 1;
        format!(
            "-----BEGIN CERTIFICATE REQUEST-----\n{}\n-----END CERTIFICATE REQUEST-----\n",
            BASE64_STANDARD.encode(der)
        )
    };
    let other_kind = {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("a key");
        let params = rcgen::CertificateParams::default();
        params.serialize_request(&key).expect("a request").pem().expect("PEM")
    };
    for (csr, says) in [("", "cannot be read"), ("-----BEGIN", "cannot be read"), (&spoilt, "cannot be read")]
    {
        let reason = denied(site.enrol(&token, csr, "x").await);
        assert!(reason.contains(says), "{reason}");
    }
    assert!(denied(site.enrol(&token, &other_kind, "x").await).contains("P-256"));
    enrolled(site.enrol(&token, &good, "shop-1").await);
}

fn pem_bytes(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    BASE64_STANDARD.decode(body).expect("base64")
}

#[tokio::test]
async fn a_token_takes_its_devices_into_a_collection() {
    let mut site = Site::new().await;
    let shops = site.collection("Shops", &[]).await;
    let token = site.token(2, Some("Shops")).await;
    let device = enrolled(site.enrol(&token, &csr(), "shop-1").await).device;
    assert!(site.desk.site.holds(&shops, device));
    let again = SiteState::load(&site.desk.store).await.expect("loaded");
    assert!(again.holds(&shops, device));

    site.owner(OwnerCall::RemoveCollection { collection: shops }).await;
    enrolled(site.enrol(&token, &csr(), "shop-2").await);
}

#[tokio::test]
async fn a_renewal_is_for_the_newest_certificate() {
    let mut site = Site::new().await;
    let first = site.enrolled("shop-1").await;
    let serial_1 = serial(&first.chain);
    let csr_2 = csr();
    let second = enrolled(site.renew(first.device, &serial_1, &csr_2).await);
    assert_eq!((second.device, second.enrolment), (first.device, first.enrolment));
    let serial_2 = serial(&second.chain);
    assert_ne!(serial_1, serial_2);

    // The answer was lost: the device asks again with the certificate before and the same key.
    let repeated = enrolled(site.renew(first.device, &serial_1, &csr_2).await);
    let serial_3 = serial(&repeated.chain);
    enrolled(site.renew(first.device, &serial_3, &csr()).await);
}

#[tokio::test]
async fn of_two_devices_with_one_identity_both_are_held() {
    let mut site = Site::new().await;
    let first = site.enrolled("shop-1").await;
    let serial_1 = serial(&first.chain);
    let second = enrolled(site.renew(first.device, &serial_1, &csr()).await);
    let reason = denied(site.renew(first.device, &serial_1, &csr()).await);
    assert!(reason.contains("is not its newest"), "{reason}");
    let reason = denied(site.renew(first.device, &serial(&second.chain), &csr()).await);
    assert!(reason.contains("unknown or revoked"), "{reason}");
    let answer = site.call(Role::Notifier, Call::Revocations { since: 0 }).await;
    assert_eq!(
        answer,
        Answer::Revocations { generation: 1, revoked: vec![first.enrolment], restored: Vec::new() }
    );
    let last = site.desk.store.audit_entries().await.pop().expect("an entry");
    assert_eq!((last.what.as_str(), last.result.as_str()), ("renewal", "refused; the device is held"));
}

#[tokio::test]
async fn a_machine_that_enrols_twice_is_shown() {
    let mut site = Site::new().await;
    let first = site.device("shop-1").await;
    let second = site.device("shop-1").await;
    let text = site.log.containing("has the same hardware as").await.text;
    assert!(text.contains(&first.to_string()) && text.contains(&second.to_string()), "{text}");
    let last = site.desk.store.audit_entries().await.pop().expect("an entry");
    assert_eq!(last.result, format!("done; same hardware as {first}"));
}

#[tokio::test]
async fn a_server_gets_a_certificate_for_its_own_role_only() {
    let mut site = Site::new().await;
    let id = site.desk.site();
    for (role, name) in [(Role::Notifier, "notification-server"), (Role::ManagementPoint, "management-point")]
    {
        let Answer::Certificate { chain } = site.call(role, Call::ServerCertificate { csr: csr() }).await
        else {
            panic!("no certificate");
        };
        let names =
            vec![format!("URI tenon:site:{id}:role:{name}"), format!("DNS {name}.{id}.tenon.internal")];
        assert_eq!(certificate(&chain), (names, false, true, 90));
    }
    let answer = site.call(Role::Notifier, Call::ServerCertificate { csr: String::new() }).await;
    assert!(denied(answer).contains("cannot be read"));
}

impl Site {
    async fn renew(&mut self, device: DeviceId, serial: &str, csr: &str) -> Answer {
        let call = Call::Renew { device, serial: serial.to_owned(), csr: csr.to_owned() };
        self.call(Role::ManagementPoint, call).await
    }
}

fn serial(chain: &str) -> String {
    let der = CertificateDer::from_pem_slice(chain.as_bytes()).expect("a certificate");
    let (_, certificate) = X509Certificate::from_der(&der).expect("a certificate");
    hex::encode(certificate.raw_serial())
}
