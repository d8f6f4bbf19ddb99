use authority_link::SiteKey;
use proof::TrustDocument;

use super::*;

async fn rotate(site: &mut Site, key: SiteKey, overlap_days: u32) -> OwnerAnswer {
    site.owner(OwnerCall::RotateKey { key, overlap_days }).await
}

async fn document(site: &mut Site) -> TrustDocument {
    site.trust().await.document().clone()
}

#[tokio::test]
async fn a_key_is_replaced_and_the_old_one_believed_until_its_overlap_ends() {
    for (key, keys) in [
        (SiteKey::Task, (|document: &TrustDocument| document.task_keys.len()) as fn(&TrustDocument) -> usize),
        (SiteKey::Policy, |document| document.policy_keys.len()),
        (SiteKey::Ca, |document| document.ca.matches("BEGIN CERTIFICATE").count()),
    ] {
        let mut site = Site::new().await;
        let before = document(&mut site).await;
        let told = rotate(&mut site, key, 40).await;
        let until = NOW.plus(DAY * 40);
        assert_eq!(told, OwnerAnswer::Rotated { version: before.version + 1, until }, "{key:?}");
        let after = document(&mut site).await;
        assert_eq!((keys(&before), keys(&after)), (1, 2), "{key:?}");
        assert!(after.ca.ends_with(&before.ca) && after.task_keys.ends_with(&before.task_keys));
        assert!(after.policy_keys.ends_with(&before.policy_keys));

        site.now = until;
        let later = document(&mut site).await;
        assert_eq!((keys(&later), later.version), (1, after.version + 1), "{key:?}");
        assert_ne!(
            (&later.ca, &later.task_keys, &later.policy_keys),
            (&before.ca, &before.task_keys, &before.policy_keys)
        );
    }
}

#[tokio::test]
async fn what_is_signed_after_a_rotation_is_signed_by_the_new_keys_also_after_a_restart() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    let ann = site.person("Operations Administrator", Targets::ALL_DEVICES).await;
    let old = document(&mut site).await;
    for key in [SiteKey::Task, SiteKey::Policy, SiteKey::Ca] {
        assert!(matches!(rotate(&mut site, key, 40).await, OwnerAnswer::Rotated { .. }));
    }
    site.restart().await;
    let new = document(&mut site).await;
    assert_eq!(new.version, old.version + 3);
    let request = site.request(ann, devices(&[(device, "shop-1")]));
    site.allowed(&request).await;
    let released = site.released(request.id, &[device]).await;
    let signed = BASE64_STANDARD.decode(&released.signed_push).expect("base64");
    let push = proof::SignedPush::decode(&signed).expect("a push");
    assert_eq!(push.head.key_id, new.task_keys[0].id());
    let Answer::SiteTime { time } = site.call(Role::Notifier, Call::SiteTime).await else {
        panic!("no time")
    };
    assert!(proof::SignedTime::verify(&time, &new).is_ok());
    assert!(proof::SignedTime::verify(&time, &old).is_err(), "the old document does not name the key");
    let enrolled = site.enrolled("shop-2").await;
    assert!(enrolled.chain.ends_with(&new.ca[..new.ca.len() - old.ca.len()]), "of the new CA");
}

#[tokio::test]
async fn a_new_root_is_vouched_for_by_the_old_one() {
    let mut site = Site::new().await;
    let token = site.token(5, None).await;
    let (old, before) = (site.desk.keys.root_hash(), document(&mut site).await);
    assert!(matches!(rotate(&mut site, SiteKey::Root, 365).await, OwnerAnswer::Rotated { .. }));
    let new = site.desk.keys.root_hash();
    assert_ne!(old, new);
    let Answer::TrustDocument { document: text } = site.call(Role::Notifier, Call::TrustDocument).await
    else {
        panic!("no trust document");
    };
    for root in [old, new] {
        let trusted = Trusted::verify(&text, root).expect("both have signed");
        assert_eq!(trusted.root(), new);
        assert_eq!(trusted.accept(Some(&before), NOW).expect("accepted").version, before.version + 1);
    }
    assert!(
        matches!(site.enrol(&token, &csr(), "shop-1").await, Answer::Enrolled(_)),
        "an old token is good"
    );
    let refused = rotate(&mut site, SiteKey::Root, 365).await;
    assert!(
        matches!(&refused, OwnerAnswer::NotValid { what, .. } if what.contains("believed until")),
        "{refused:?}"
    );

    site.restart().await;
    assert_eq!(site.desk.keys.root_hash(), new);
    site.now = NOW.plus(DAY * 366);
    let Answer::TrustDocument { document: text } = site.call(Role::Notifier, Call::TrustDocument).await
    else {
        panic!("no trust document");
    };
    assert!(Trusted::verify(&text, old).is_err() && Trusted::verify(&text, new).is_ok());
}

#[tokio::test]
async fn a_ca_that_was_replaced_halfway_is_replaced_by_the_next_start() {
    let mut site = Site::new().await;
    let before = document(&mut site).await;
    let folder = Folder::open(&site.place.path().join("authority")).expect("a folder");
    let (key, pem) = (folder.read("ca.key"), folder.read("ca.pem"));
    rotate(&mut site, SiteKey::Ca, 60).await;
    let after = document(&mut site).await;
    let text = |content: Result<Option<Vec<u8>>, _>| {
        String::from_utf8(content.ok().flatten().expect("there")).expect("text")
    };
    let next = serde_json::json!({
        "key": text(folder.read("ca.key")),
        "certificate": text(folder.read("ca.pem")),
    });
    // As if the power had failed before either file was in place.
    folder.write_json("ca.next.json", &next).expect("written");
    folder.write("ca.key", text(key).as_bytes()).expect("written");
    folder.write("ca.pem", text(pem).as_bytes()).expect("written");
    site.restart().await;
    assert_eq!(document(&mut site).await.ca, after.ca);
    assert_ne!(after.ca, before.ca);
    assert!(folder.read("ca.next.json").expect("readable").is_none());
}

#[tokio::test]
async fn an_overlap_that_would_leave_devices_behind_is_refused() {
    let mut site = Site::new().await;
    for (key, days) in [(SiteKey::Ca, 30), (SiteKey::Root, 30), (SiteKey::Task, 3_654)] {
        assert!(matches!(rotate(&mut site, key, days).await, OwnerAnswer::NotValid { .. }), "{key:?}");
    }
    let OwnerAnswer::Keys { keys } = site.owner(OwnerCall::ListKeys).await else { panic!("no keys") };
    assert!(keys.len() == 4 && keys.iter().all(|entry| entry.until.is_none()), "{keys:?}");
}
