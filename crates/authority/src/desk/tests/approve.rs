//! What waits for a second person, and who is one.

mod rules;

use authority_link::{ApprovalAnswer, ApprovalCall, ApprovalRule, ProofAnswer, ProofCall, WaitingEntry};
use proof::{Approval, Hash, approval::Says};

use super::*;

/// A site at which probes wait for a second person, with one who asks and one who may approve.
struct TwoPersons {
    site: Site,
    ann: UserId,
    bob: UserId,
    targets: Targets,
}

impl TwoPersons {
    async fn new(of: Level) -> Self {
        let mut site = Site::new().await;
        let device = site.device("shop-1").await;
        let (ann, bob) = (site.person(OPERATOR, "SMS00001").await, UserId(site.id()));
        named(&mut site, bob, "bob", OPERATOR, "SMS00001").await;
        let mut two = Self { site, ann, bob, targets: devices(&[(device, "shop-1")]) };
        two.site.knows_key(bob, Level::Native);
        let rule = ApprovalRule { kind: ActionKind::PROBE, collection: "All Devices".into(), of };
        let put = ApprovalCall::PutRule { rule, approval: None };
        assert_eq!(two.ask(put).await, ApprovalAnswer::Done);
        two
    }

    async fn ask(&mut self, call: ApprovalCall) -> ApprovalAnswer {
        match ask(&mut self.site, call).await {
            OwnerAnswer::Proofs { said } => match *said {
                ProofAnswer::Approvals { told } => told,
                other => panic!("not about approvals: {other:?}"),
            },
            other => panic!("refused: {other:?}"),
        }
    }

    /// Ann asks for a probe.
    fn probe(&mut self) -> Request {
        let params = Params { task_type: ActionKind::PROBE.0, task_param: String::new() };
        Request { params, ..self.site.request(self.ann, self.targets.clone()) }
    }

    async fn waits(&mut self) -> Request {
        let request = self.probe();
        let until = request.deliver_by;
        assert_eq!(
            self.site.decide(&request).await,
            Decision::Waits { reason: Reason::ApprovalMissing, until }
        );
        request
    }

    async fn listed(&mut self) -> Vec<WaitingEntry> {
        match self.ask(ApprovalCall::List).await {
            ApprovalAnswer::Waiting { waiting, .. } => waiting,
            other => panic!("no list: {other:?}"),
        }
    }

    /// Returns what a person says of a request, as it is signed.
    fn approval(&mut self, person: UserId, request: &Request, says: Says) -> Approval {
        Approval {
            v: Approval::VERSION.to_owned(),
            approves: Hash::of(&self.site.sent(request)),
            id: request.id,
            says,
            sub: person,
            jkt: key_of(person).public().thumbprint(),
            tenant: TENANT,
            site: self.site.desk.site(),
            console: CONSOLE,
            iat: self.site.now,
            site_nonce: self.site.desk.keys.nonce.nonce(self.site.desk.site(), self.site.now).to_string(),
        }
    }

    /// Removes the rule, as Bob wants it too.
    async fn remove_rule(&mut self) {
        let approval = Some(self.of_change(self.bob));
        let (kind, collection) = (ActionKind::PROBE, "All Devices".to_owned());
        let call = ApprovalCall::RemoveRule { kind, collection, approval };
        assert_eq!(self.ask(call).await, ApprovalAnswer::Done);
    }

    /// Returns that a person wants fewer probes to wait, signed.
    fn of_change(&mut self, person: UserId) -> String {
        let any = self.probe();
        let approves = ApprovalRule::change_hash(ActionKind::PROBE, "SMS00001");
        Approval { approves, ..self.approval(person, &any, Says::Approve) }.sign(&key_of(person))
    }

    async fn say(&mut self, approval: &Approval) -> Result<bool, Reason> {
        let text = approval.sign(&key_of(approval.sub));
        self.say_text(text).await
    }

    async fn say_text(&mut self, approval: String) -> Result<bool, Reason> {
        match self.site.call(Role::Connector, Call::Approve { approval }).await {
            Answer::Approved { allowed } => Ok(allowed),
            Answer::NotApproved { reason } => Err(reason),
            other => panic!("no answer to an approval: {other:?}"),
        }
    }
}

async fn ask(site: &mut Site, call: ApprovalCall) -> OwnerAnswer {
    site.owner(OwnerCall::Proofs { call: Box::new(ProofCall::Approvals { call }) }).await
}

async fn named(site: &mut Site, user: UserId, name: &str, role: &str, collection: &str) {
    let collections = vec![collection.to_owned()];
    let call =
        OwnerCall::Assign { user, name: name.into(), role: role.into(), collections, scopes: Vec::new() };
    assert_eq!(site.owner(call).await, OwnerAnswer::Done);
}

fn not_valid(what: &str) -> Reason {
    Reason::ApprovalNotValid { what: what.into() }
}

#[tokio::test]
async fn what_waits_goes_on_when_a_second_person_has_approved_it() {
    let mut two = TwoPersons::new(Level::Native).await;
    let request = two.waits().await;
    let entry = &two.listed().await[0];
    assert_eq!((entry.task_guid, &*entry.name, entry.count), (request.id, "ann", 1));
    assert_eq!(entry.devices, ["shop-1"], "by the site's own data");
    let Targets::Devices { devices } = two.targets.clone() else { panic!("devices") };
    let device = devices[0].device;
    assert!(
        matches!(two.site.release(request.id, &[device]).await, Answer::Failed { .. }),
        "nothing is signed"
    );
    // Asked about again, also after a restart, it still waits.
    two.site.restart().await;
    let bob = two.bob;
    for person in [two.ann, bob] {
        two.site.knows_key(person, Level::Native);
    }
    assert!(matches!(two.site.decide(&request).await, Decision::Waits { .. }));

    let approval = two.approval(bob, &request, Says::Approve);
    let before = two.site.desk.store.commits();
    assert_eq!(two.say(&approval).await, Ok(true));
    assert_eq!(two.site.desk.store.commits() - before, 1, "decided in the commit that takes the approval");
    let entries = two.site.desk.store.audit_entries().await;
    let [.., said, decided] = &entries[..] else { panic!("two entries") };
    assert!(said.who.starts_with(&format!("bob ({bob}), signed with the key")), "{}", said.who);
    assert_eq!((&*said.result, &*decided.result), ("approved", "allowed"));
    assert_eq!((&said.subject, &decided.subject), (&request.id.to_string(), &request.id.to_string()));

    assert_eq!(two.site.allowed(&request).await.count, 1);
    assert_eq!(two.site.released(request.id, &[device]).await.devices.len(), 1);
    assert!(two.listed().await.is_empty());
    let again = two.say(&approval).await;
    assert_eq!(again, Err(not_valid("nothing of that id waits for an approval")));

    // Whoever approved must be allowed the same when it is released.
    let unassign = OwnerCall::Unassign { user: bob, role: OPERATOR.into() };
    assert_eq!(two.site.owner(unassign).await, OwnerAnswer::Done);
    let released = two.site.released(request.id, &[device]).await;
    assert_eq!((released.devices.len(), released.refused.len()), (0, 1));
}

#[tokio::test]
async fn only_a_second_person_with_a_native_key_and_the_same_right_approves() {
    let mut two = TwoPersons::new(Level::Native).await;
    let request = two.waits().await;
    let (ann, bob) = (two.ann, two.bob);
    let own = "whoever asked cannot approve it, by whatever account";
    let by_ann = two.approval(ann, &request, Says::Approve);
    assert_eq!(two.say(&by_ann).await, Err(not_valid(own)));

    // An account of the same name, and one that the owner knows to be of the same person.
    let (other_ann, annie) = (UserId(two.site.id()), UserId(two.site.id()));
    named(&mut two.site, other_ann, " Ann ", OPERATOR, "SMS00001").await;
    named(&mut two.site, annie, "annie", OPERATOR, "SMS00001").await;
    for account in [other_ann, annie] {
        two.site.knows_key(account, Level::Native);
    }
    let by_other = two.approval(other_ann, &request, Says::Approve);
    assert_eq!(two.say(&by_other).await, Err(not_valid(own)));
    let same = ApprovalCall::PutSamePerson { user: ann, same_as: annie };
    assert_eq!(two.ask(same).await, ApprovalAnswer::Done);
    let by_annie = two.approval(annie, &request, Says::Approve);
    assert_eq!(two.say(&by_annie).await, Err(not_valid(own)));

    // Somebody without the right; somebody with a web key; a service; nobody.
    let reader = UserId(two.site.id());
    named(&mut two.site, reader, "reader", "Read-only Analyst", "SMS00001").await;
    two.site.knows_key(reader, Level::Native);
    let by_reader = two.approval(reader, &request, Says::Approve);
    assert!(matches!(two.say(&by_reader).await, Err(Reason::RoleLacksPermission { .. })));
    let by_bob = two.approval(bob, &request, Says::Approve);
    two.site.knows_key(bob, Level::Web);
    assert_eq!(two.say(&by_bob).await, Err(Reason::ProofLevelTooLow { needed: "native".into() }));
    two.site.knows_key(bob, Level::Native);
    let jkt = key_of(bob).public().thumbprint();
    let mut service = two.site.desk.site.proofs.key(jkt).expect("a key").clone();
    service.service = Some(authority_link::ServiceKey {
        kinds: vec![ActionKind::PROBE],
        collection: "SMS00001".into(),
        valid_seconds: 60,
    });
    two.site.desk.site.proofs.put_key(service);
    assert_eq!(two.say(&by_bob).await, Err(not_valid("a service approves nothing")));
    two.site.knows_key(bob, Level::Native);
    let stranger = UserId(two.site.id());
    let by_stranger = two.approval(stranger, &request, Says::Approve);
    assert!(matches!(two.say(&by_stranger).await, Err(Reason::KeyUnknown { .. })));

    // Bob's approval, changed on its way, of another request, made at another time, or for another place.
    let parts = by_bob.sign(&key_of(bob));
    let refusal = Approval { says: Says::Refuse, ..by_bob.clone() }.sign(&key_of(bob));
    let [head, _, signature] = parts.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let payload = refusal.split('.').nth(1).expect("a payload");
    let turned = two.say_text(format!("{head}.{payload}.{signature}")).await;
    assert!(matches!(turned, Err(Reason::SignatureNotValid { .. })), "{turned:?}");
    let other = two.waits().await;
    let other_hash = Hash::of(&two.site.sent(&other));
    let hour_ago = two.site.now.minus(60 * MINUTE);
    let old_nonce = two.site.desk.keys.nonce.nonce(two.site.desk.site(), hour_ago).to_string();
    let forged = proof::NonceKey([1; 32]).nonce(two.site.desk.site(), two.site.now).to_string();
    for (approval, says) in [
        (
            Approval { approves: other_hash, ..by_bob.clone() },
            "it is for another request than the one that waits",
        ),
        (
            Approval { site_nonce: old_nonce, ..by_bob.clone() },
            "it was signed at another time; is the clock right?",
        ),
        (Approval { site_nonce: forged, ..by_bob.clone() }, "its nonce is not this site's"),
        (
            Approval { iat: two.site.now.plus(60 * MINUTE), ..by_bob.clone() },
            "it was signed at another time; is the clock right?",
        ),
        (
            Approval { console: ConsoleId(Uuid::nil()), ..by_bob.clone() },
            "it is for another site, tenant or console",
        ),
    ] {
        assert_eq!(two.say(&approval).await, Err(not_valid(says)));
        let last = two.site.desk.store.audit_entries().await.pop().expect("an entry");
        assert_eq!((&*last.what, &*last.result), ("approval", "refused"));
    }
    assert_eq!(two.listed().await.len(), 2, "nothing of that ended the wait");
    assert_eq!(two.say(&by_bob).await, Ok(true));
}

#[tokio::test]
async fn a_second_person_refuses_or_the_time_ends_it() {
    let mut two = TwoPersons::new(Level::Native).await;
    let bob = two.bob;
    let request = two.waits().await;
    let refusal = two.approval(bob, &request, Says::Refuse);
    assert_eq!(two.say(&refusal).await, Ok(false));
    assert_eq!(two.site.refused(&request).await, Reason::ApprovalRefused { who: "bob".into() });

    // What has changed since it was asked counts when it is approved.
    let lost = two.waits().await;
    let unassign = OwnerCall::Unassign { user: two.ann, role: OPERATOR.into() };
    assert_eq!(two.site.owner(unassign).await, OwnerAnswer::Done);
    let approval = two.approval(bob, &lost, Says::Approve);
    assert_eq!(two.say(&approval).await, Ok(false));
    assert!(matches!(two.site.refused(&lost).await, Reason::RoleLacksPermission { .. }));
    let ann = two.ann;
    two.site.assign(ann, OPERATOR, "SMS00001").await;

    let late = two.waits().await;
    let now = two.site.now;
    two.site.now = late.deliver_by;
    two.site.knows_key(bob, Level::Native);
    let approval = two.approval(bob, &late, Says::Approve);
    assert_eq!(two.say(&approval).await, Err(Reason::ApprovalMissing));
    assert!(two.listed().await.is_empty());
    let end = two.site.now;
    two.site.desk.sweep(end).await.expect("swept");
    assert_eq!(two.site.refused(&late).await, Reason::ApprovalMissing);
    let last = two.site.desk.store.audit_entries().await.pop().expect("an entry");
    assert_eq!((last.subject, &*last.result), (late.id.to_string(), "refused"));
    two.site.now = now;
}

#[tokio::test]
async fn a_web_key_may_ask_for_more_where_a_second_person_confirms_it() {
    let mut two = TwoPersons::new(Level::Web).await;
    let (ann, bob) = (two.ann, two.bob);
    let native = two.probe();
    two.site.allowed(&native).await;
    two.site.knows_key(ann, Level::Web);
    let request = two.waits().await;
    let approval = two.approval(bob, &request, Says::Approve);
    assert_eq!(two.say(&approval).await, Ok(true));
    // Elsewhere a web key asks for no more than before.
    two.remove_rule().await;
    let refused = two.probe();
    assert_eq!(two.site.refused(&refused).await, Reason::ProofLevelTooLow { needed: "native".into() });
}

#[tokio::test]
async fn a_rule_is_for_what_touches_its_collection_and_nobody_fills_the_list() {
    let mut two = TwoPersons::new(Level::Native).await;
    let office = two.site.device("office-1").await;
    two.site.collection("Offices", &[office]).await;
    two.remove_rule().await;
    let rule = ApprovalRule { kind: ActionKind::PROBE, collection: "Offices".into(), of: Level::Native };
    let put = ApprovalCall::PutRule { rule, approval: None };
    assert_eq!(two.ask(put).await, ApprovalAnswer::Done);
    let untouched = two.probe();
    two.site.allowed(&untouched).await;
    two.targets = collection("SMS00001", 5);
    two.waits().await;
    let in_use = two.site.owner(OwnerCall::RemoveCollection { collection: "Offices".into() }).await;
    assert!(matches!(in_use, OwnerAnswer::NotValid { .. }), "the rule would be gone with it");
    for _ in 1..32 {
        two.waits().await;
    }
    let one_more = two.probe();
    let reason = two.site.refused(&one_more).await;
    assert!(matches!(reason, Reason::ApprovalNotValid { .. }), "{reason}");
}

#[tokio::test]
async fn that_fewer_requests_wait_is_wanted_by_a_person_too() {
    let mut two = TwoPersons::new(Level::Native).await;
    let reader = UserId(two.site.id());
    named(&mut two.site, reader, "reader", "Read-only Analyst", "SMS00001").await;
    two.site.knows_key(reader, Level::Native);
    let bob = two.bob;
    let (by_bob, by_reader) = (two.of_change(bob), two.of_change(reader));
    let request = two.probe();
    let of_request = two.approval(bob, &request, Says::Approve).sign(&key_of(bob));
    let rule = |of| ApprovalRule { kind: ActionKind::PROBE, collection: "SMS00001".into(), of };
    let collection = || "SMS00001".to_owned();
    for approval in [None, Some(by_reader), Some(of_request), Some("a.b.c".to_owned())] {
        for call in [
            ApprovalCall::PutRule { rule: rule(Level::Web), approval: approval.clone() },
            ApprovalCall::RemoveRule { kind: ActionKind::PROBE, collection: collection(), approval },
        ] {
            let told = ask(&mut two.site, call).await;
            assert!(matches!(told, OwnerAnswer::NotValid { .. }), "{told:?}");
        }
    }
    let rules = vec![rule(Level::Native)];
    assert_eq!(two.ask(ApprovalCall::ListRules).await, ApprovalAnswer::Rules { rules });
    let put = ApprovalCall::PutRule { rule: rule(Level::Web), approval: Some(by_bob) };
    assert_eq!(two.ask(put).await, ApprovalAnswer::Done);
    let last = two.site.desk.store.audit_entries().await.pop().expect("an entry");
    assert!(last.subject.contains(&format!("wanted by bob ({bob})")), "{}", last.subject);
    // More may wait at any time.
    let put = ApprovalCall::PutRule { rule: rule(Level::Native), approval: None };
    assert_eq!(two.ask(put).await, ApprovalAnswer::Done);
}
