//! The signed texts: trust document, manifest, site time; byte by byte, and with each kind of forgery.

mod support;

use action::{DeviceId, SiteId, Timestamp};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proof::{
    Hash, Manifest, ManifestPolicy, NotSigned, SignedTime, SigningKey, TrustDocument, Trusted,
    trust_document::NotAccepted,
};
use proptest::prelude::*;
use support::{HOUR, NOW, id, policy_key, root_key, task_key, trust};

fn manifest() -> Manifest {
    Manifest {
        site: SiteId(id(1)),
        device: DeviceId(id(2)),
        generation: 12,
        issued_at: Timestamp(NOW),
        policies: vec![ManifestPolicy {
            id: "p1".into(),
            name: "motd".into(),
            version: 3,
            sha256: Hash([5; 32]),
            priority: 0,
            users: Vec::new(),
        }],
        applications: Vec::new(),
        deployments: Vec::new(),
    }
}

fn time() -> SignedTime {
    SignedTime { site: SiteId(id(1)), epoch: 7, key_id: task_key().id(), time: Timestamp(NOW) }
}

fn payload(text: &str) -> String {
    let payload = text.split('.').next().expect("a part");
    String::from_utf8(URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("text")
}

/// Changes the payload and keeps the signatures.
fn forge(text: &str, from: &str, to: &str) -> String {
    let (first, rest) = text.split_once('.').expect("parts");
    let forged = payload(first).replacen(from, to, 1);
    assert_ne!(forged, payload(first), "{from}");
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(forged))
}

#[test]
fn payloads_are_these_texts() {
    let [site, device] = [1, 2].map(|number| format!("00000000-0000-0000-0000-00000000000{number}"));
    assert_eq!(
        payload(&manifest().sign(&policy_key())),
        format!(
            r#"{{"device":"{device}","generation":"12","issued_at":"2020-01-21T15:43:43.000Z","policies":[{{"id":"p1","name":"motd","sha256":"{}","version":"3"}}],"site":"{site}"}}"#,
            "05".repeat(32)
        )
    );
    assert_eq!(
        payload(&time().sign(&task_key())),
        format!(
            r#"{{"epoch":"7","key_id":"{}","site":"{site}","time":"2020-01-21T15:43:43.000Z"}}"#,
            task_key().id()
        )
    );
    assert_eq!(
        payload(&trust().sign(&root_key())),
        format!(
            r#"{{"ca":"-----BEGIN CERTIFICATE-----\n","epoch":"7","expires":"2020-03-03T07:43:43.000Z","issued_at":"2020-01-21T15:43:43.000Z","keep_alive_seconds":"240","policy_keys":["{}"],"root":"{}","servers":{{"management":["https://site.example:8443"],"notification":["site.example:10123"]}},"site":"{site}","site_name":"Amsterdam","task_keys":["{}"],"version":"4"}}"#,
            policy_key().verifying(),
            root_key().verifying().hash(),
            task_key().verifying()
        )
    );
}

/// Ed25519 signs the same bytes the same way, so that the whole text can be compared.
#[test]
fn a_signed_time_is_this_text() {
    assert_eq!(
        time().sign(&task_key()),
        concat!(
            "eyJlcG9jaCI6IjciLCJrZXlfaWQiOiI2YTM4MDNkNWYwNTk5MDJhIiwic2l0ZSI6IjAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMSIsInRpbWUiOiIyMDIwLTAxLTIxVDE1OjQzOjQzLjAwMFoifQ.",
            "n2ZNxIhoYczMbkPxTJMuK3r6DLIEmWxU-S3SdJiRwJbZKGn0NzQtDqE7ktYj_BPLbiOBOgWstwzJmOfPAejTDA"
        )
    );
}

#[test]
fn texts_are_verified_by_their_reader() {
    let trust = trust();
    let device = DeviceId(id(2));
    let text = manifest().sign(&policy_key());
    assert_eq!(Manifest::verify(&text, &trust, device).expect("a manifest"), manifest());
    let other = Manifest::verify(&text, &trust, DeviceId(id(3)));
    assert!(matches!(other, Err(NotSigned::OtherReader("device"))));
    let foreign = TrustDocument { site: SiteId(id(9)), ..trust.clone() };
    assert!(matches!(Manifest::verify(&text, &foreign, device), Err(NotSigned::OtherReader("site"))));
    let text = time().sign(&task_key());
    assert_eq!(SignedTime::verify(&text, &trust).expect("a time"), time());
    assert!(matches!(SignedTime::verify(&text, &foreign), Err(NotSigned::OtherReader("site"))));
}

#[test]
fn keys_have_one_purpose() {
    let trust = trust();
    let by_task_key = manifest().sign(&task_key());
    assert!(matches!(Manifest::verify(&by_task_key, &trust, DeviceId(id(2))), Err(NotSigned::Signature(_))));
    let by_policy_key = time().sign(&policy_key());
    assert!(matches!(SignedTime::verify(&by_policy_key, &trust), Err(NotSigned::Signature(_))));
    // The same key for two purposes would still not let one text pass for another.
    let both = TrustDocument { task_keys: trust.policy_keys.clone(), ..trust };
    let time_as_manifest = time().sign(&policy_key());
    assert!(matches!(
        Manifest::verify(&time_as_manifest, &both, DeviceId(id(2))),
        Err(NotSigned::Signature(_))
    ));
}

#[test]
fn what_was_changed_or_has_another_shape_is_refused() {
    let trust = trust();
    let text = manifest().sign(&policy_key());
    let verify = |text: &str| Manifest::verify(text, &trust, DeviceId(id(2)));
    assert!(matches!(verify(&forge(&text, "motd", "sudo")), Err(NotSigned::Signature(_))));
    for shape in ["", ".", "a.b", &text.replace('.', ""), &format!("{text}="), &format!("{text}.{text}")] {
        assert!(matches!(verify(shape), Err(NotSigned::Shape)), "{shape}");
    }
    let huge = format!("{}.{}", "A".repeat(1 << 20), "A".repeat(86));
    assert!(matches!(verify(&huge), Err(NotSigned::Payload(_))));
}

#[test]
fn a_trust_document_is_believed_by_the_hash_of_its_root_key() {
    let text = trust().sign(&root_key());
    let trusted = Trusted::verify(&text, root_key().verifying().hash()).expect("a trust document");
    assert_eq!((trusted.document(), trusted.root()), (&trust(), root_key().verifying().hash()));

    let thief = SigningKey::from_seed([66; 32]);
    let refused = |text: &str| Trusted::verify(text, root_key().verifying().hash());
    assert!(matches!(refused(&trust().sign(&thief)), Err(NotSigned::KeyUnknown)));
    let stolen = TrustDocument { root: thief.verifying().hash(), ..trust() };
    assert!(matches!(refused(&stolen.sign(&thief)), Err(NotSigned::KeyUnknown)));
    assert!(matches!(refused(&stolen.sign(&root_key())), Err(NotSigned::KeyUnknown)));
    assert!(matches!(refused(&forge(&text, "site.example", "thief.example")), Err(NotSigned::Signature(_))));
    assert!(matches!(refused(&payload(&text)), Err(NotSigned::Shape)));
    let key_alone = text.rsplit_once('.').expect("parts").0;
    assert!(matches!(refused(key_alone), Err(NotSigned::Shape)));
    let three = format!("{text}.{}.{}", root_key().verifying(), "A".repeat(86));
    assert!(matches!(refused(&three), Err(NotSigned::Signature(_) | NotSigned::Shape)));
}

#[test]
fn a_new_root_is_signed_by_the_old_and_the_new() {
    let (old, new) = (root_key(), SigningKey::from_seed([10; 32]));
    let next = TrustDocument { version: 5, root: new.verifying().hash(), ..trust() };
    let text = next.sign_rotation(&old, &new);
    let trusted = Trusted::verify(&text, old.verifying().hash()).expect("signed by the old root");
    assert_eq!(trusted.root(), new.verifying().hash());
    assert!(
        Trusted::verify(&text, new.verifying().hash()).is_ok(),
        "a device that joins later has the new hash"
    );
    let without_new = next.sign(&old);
    assert!(matches!(Trusted::verify(&without_new, old.verifying().hash()), Err(NotSigned::KeyUnknown)));
}

#[test]
fn a_device_never_goes_back() {
    let offer = |change: fn(&mut TrustDocument), now: i64| {
        let mut offered = trust();
        change(&mut offered);
        let trusted =
            Trusted::verify(&offered.sign(&root_key()), root_key().verifying().hash()).expect("signed");
        trusted.accept(Some(&trust()), Timestamp(now)).map(|document| document.version)
    };
    assert_eq!(offer(|_| {}, NOW), Ok(4));
    assert_eq!(offer(|document| document.version = 5, NOW), Ok(5));
    assert_eq!(
        offer(|document| document.version = 3, NOW),
        Err(NotAccepted::Older { offered: 3, current: 4 })
    );
    assert_eq!(offer(|document| document.site_name.clear(), NOW), Err(NotAccepted::TwoOfOneVersion(4)));
    let older_epoch = offer(|document| (document.version, document.epoch) = (5, 6), NOW);
    assert_eq!(older_epoch, Err(NotAccepted::EpochWentBack { offered: 6, current: 7 }));
    assert_eq!(
        offer(|document| document.site = SiteId(id(9)), NOW),
        Err(NotAccepted::OtherSite(SiteId(id(9))))
    );
    assert_eq!(offer(|_| {}, NOW + 1000 * HOUR + 1), Err(NotAccepted::Expired(trust().expires)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_manifest_survives_the_wire(generation in any::<u64>(), names in prop::collection::vec("\\PC{0,20}", 0..5)) {
        let policies = names.into_iter().map(|name| ManifestPolicy {
            id: name.clone(), name, version: generation, sha256: Hash([1; 32]), priority: 0, users: Vec::new() });
        let manifest = Manifest { generation, policies: policies.collect(), ..manifest() };
        let text = manifest.sign(&policy_key());
        prop_assert_eq!(Manifest::verify(&text, &trust(), manifest.device).expect("a manifest"), manifest);
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in "[A-Za-z0-9_.=-]{0,200}|\\PC{0,50}") {
        let trust = trust();
        let _ = Manifest::verify(&text, &trust, DeviceId(id(2)));
        let _ = SignedTime::verify(&text, &trust);
        let _ = Trusted::verify(&text, trust.root);
        let _ = text.parse::<proof::JoinToken>();
        let _ = proof::role::parse(&text);
    }
}
