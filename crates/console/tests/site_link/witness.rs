//! The console keeps the hashes of a site's audit, and verifies that the site's authority signed its head: with keys that the
//! root key leads to which the site told when it was attached.

use action::{Audited, Entry, Event, Hop, TaskGuid, Timestamp};
use console_api::SiteAudit;
use proof::{
    AuditHead, Hash, Servers, SigningKey, TrustDocument,
    audit::Head,
    witness::{PAGE, Page},
};
use service::{clock, dice};
use site_link::{Answer, Question, ToConsole, ToSite, attach::AttachAnswer, handshake::Pinned};

use crate::support::{Running, Site, SiteLink};

/// A site whose authority has these keys.
struct Signing {
    site: Site,
    root: SigningKey,
    task: SigningKey,
    version: u64,
    issued: Timestamp,
}

impl Signing {
    /// Attaches a site; it tells its root key where `told` is set.
    async fn attached(console: &Running, told: bool) -> Self {
        let mut site = Site::new();
        let (root, task) = (SigningKey::from_seed([1; 32]), SigningKey::from_seed([2; 32]));
        let code = console.code().await;
        let mut request = site.request(&code);
        if told {
            request = request.with_root(root.verifying().hash(), &code);
        }
        let (status, body) = site.post(console.address, &request).await;
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        let answer = AttachAnswer::decode(&body).expect("an answer");
        answer.verify(&request, &code).expect("genuine");
        let (tenant, console, console_key) = (code.tenant, answer.console, answer.key);
        site.pinned = Some(Pinned { tenant, site: site.id, console, console_key });
        Self { site, root, task, version: 1, issued: clock::now() }
    }

    fn trust(&self, signed_by: &SigningKey) -> String {
        let document = TrustDocument {
            site: self.site.id,
            site_name: "Delft".into(),
            version: self.version,
            epoch: 1,
            issued_at: self.issued,
            expires: self.issued.plus(std::time::Duration::from_secs(3_600)),
            root: signed_by.verifying().hash(),
            ca: "-----BEGIN CERTIFICATE-----\n".into(),
            task_keys: vec![self.task.verifying()],
            policy_keys: vec![self.task.verifying()],
            servers: Servers::default(),
            keep_alive_seconds: 240,
        };
        document.sign(signed_by)
    }

    /// Returns a chain of so many entries behind `after`, its head signed by `key`.
    fn page(&self, after: u64, length: u64, key: &SigningKey) -> Page {
        let entry = |number: u64| Hash::of(format!("entry {number}").as_bytes());
        let head = |upto: u64| (1..=upto).fold(Head::EMPTY, |head, number| head.then(entry(number)));
        let (base, last) = (head(after), head(length));
        let signed = AuditHead { site: self.site.id, number: length, hash: last.hash, at: clock::now() };
        Page {
            after,
            base: base.hash,
            oldest: 0,
            entries: (after + 1..=length).take(PAGE).map(|number| (number, entry(number))).collect(),
            last: length,
            head: last.hash,
            signed: signed.sign(key),
            news: true,
        }
    }
}

/// Has the console compare the site's audit of `length` entries, signed by `key`; the trust document is signed by `root`.
async fn verified(
    console: &Running,
    signing: &Signing,
    link: &mut SiteLink,
    length: u64,
    key: &SigningKey,
    root: &SigningKey,
) -> SiteAudit {
    let answering = async {
        loop {
            let wanted = |message: &ToSite| match message {
                ToSite::Ask { number, question } => Some((*number, question.clone())),
                _ => None,
            };
            let (number, question) = link.hear_until("a question", wanted).await;
            let answer = match question {
                Question::Audit { after } => {
                    Answer::Audit(Box::new(signing.page(after.min(length), length, key)))
                }
                Question::Trust => Answer::Trust { document: signing.trust(root) },
                other => panic!("not asked for: {other:?}"),
            };
            link.say(&ToConsole::Answer { number, answer }).await;
        }
    };
    tokio::select! {
        told = console.client.verify_site_audit(signing.site.id) => told.expect("compared"),
        () = answering => unreachable!("it answers until it is no longer asked"),
    }
}

#[tokio::test]
async fn the_head_of_a_sites_audit_is_verified_with_the_root_key_that_it_told_when_it_was_attached() {
    let console = Running::start().await;
    let mut signing = Signing::attached(&console, true).await;
    let mut link = signing.site.link(&console).await;
    let (root, task) = (SigningKey::from_seed([1; 32]), SigningKey::from_seed([2; 32]));
    let told = verified(&console, &signing, &mut link, 3, &task, &root).await;
    assert_eq!((told.number, told.verified, told.broken), (3, true, None));

    // The task key was replaced: the trust document is fetched again.
    let next = SigningKey::from_seed([3; 32]);
    (signing.task, signing.version) = (SigningKey::from_seed([3; 32]), 2);
    let told = verified(&console, &signing, &mut link, 4, &next, &root).await;
    assert_eq!((told.number, told.verified, told.broken), (4, true, None));

    // Whoever has the connector makes a chain of their own, and signs it with keys of their own.
    let thief = SigningKey::from_seed([9; 32]);
    let told = verified(&console, &signing, &mut link, 5, &thief, &root).await;
    let broken = told.broken.expect("found");
    assert_eq!((told.number, broken.as_str()), (4, "its head is not signed by the site's authority"));
    console.stop().await;
}

#[tokio::test]
async fn a_trust_document_of_another_root_key_is_worth_nothing() {
    let console = Running::start().await;
    let mut signing = Signing::attached(&console, true).await;
    let mut link = signing.site.link(&console).await;
    let thief = SigningKey::from_seed([9; 32]);
    signing.task = SigningKey::from_seed([9; 32]);
    let told = verified(&console, &signing, &mut link, 3, &thief, &thief).await;
    let broken = told.broken.expect("found");
    assert!(broken.contains("not signed by the root key"), "{broken}");
    drop(signing.root);
    console.stop().await;
}

#[tokio::test]
async fn a_site_that_told_no_root_key_is_compared_and_not_verified() {
    let console = Running::start().await;
    let signing = Signing::attached(&console, false).await;
    let mut link = signing.site.link(&console).await;
    let (root, task) = (SigningKey::from_seed([1; 32]), SigningKey::from_seed([2; 32]));
    let told = verified(&console, &signing, &mut link, 3, &task, &root).await;
    assert_eq!((told.number, told.verified, told.broken), (3, false, None));
    console.stop().await;
}

#[tokio::test]
async fn what_a_site_named_of_its_audit_must_be_there_when_the_audit_comes() {
    for (named, expected) in
        [(3, None), (2, Some("entry 3 is not the one that the site named with its decision"))]
    {
        let console = Running::start().await;
        let signing = Signing::attached(&console, true).await;
        let mut link = signing.site.link(&console).await;
        let (root, task) = (SigningKey::from_seed([1; 32]), SigningKey::from_seed([2; 32]));
        let chain = signing.page(0, named, &task);
        let place = Audited { number: 3, hash: chain.head.hex() };
        let entry = Entry {
            task_guid: TaskGuid(dice::uuid()),
            device: None,
            hop: Hop::Authority,
            at: clock::now(),
            event: Event::Audited(place),
        };
        link.say(&ToConsole::Events { upto: 1, entries: vec![entry] }).await;
        let stored = |message: &ToSite| (*message == ToSite::EventsStored { upto: 1 }).then_some(());
        link.hear_until("events stored", stored).await;
        let told = verified(&console, &signing, &mut link, 5, &task, &root).await;
        assert_eq!(told.broken.as_deref(), expected, "{named}");
        console.stop().await;
    }
}
