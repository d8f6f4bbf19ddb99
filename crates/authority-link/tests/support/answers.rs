use action::{
    ActionKind, Audited, Clocks, DeviceId, EnrolmentId, OfflinePolicy, PushId, Reason, ResourceId, SiteId,
    Targets, TaskId, TenantId, Timestamp, UserId,
};
use authority_link::{
    Allowed, Answer, ApplicationAnswer, AssignmentEntry, AuditLine, CollectionEntry, Decision, DeviceEntry,
    DryRun, Enrolled, Explained, Held, JoinTokenEntry, Mirror, MirroredCollection, MirroredPolicy,
    OwnerAnswer, PersonEntry, PolicyConflict, PolicyEntry, PolicyVersion, Released, ResolvedTarget,
    RolloutEntry, RolloutPlan, ScopeEntry, SiteKey, SiteKeyEntry, Standing, TicketKey, WhoMay, Witnessed,
};

use super::{page, uuid};

/// Answers, with the members that follow the number. `UUID` and `TIME` stand for what they say.
pub(crate) fn answers() -> Vec<(Answer, String)> {
    let (device, enrolment) = (DeviceId(uuid()), EnrolmentId(uuid()));
    let mut all = vec![
        (Answer::Done, r#""answer":"done""#),
        (
            Answer::Decision { decision: Decision::Allowed(allowed(device)), audit: None },
            r#""answer":"decision","decision":"allowed","task_id":8,"kind":1,"param":"","targets":{"type":"collection","collection":"SMS00001","at_most":5},"count":2,"deliver_by":"TIME","finish_within_seconds":3600,"offline":"queue","rule":"r","refused":[["UUID",{"why":"device_unknown"}]]"#,
        ),
        (
            Answer::Decision {
                decision: Decision::Refused {
                    reason: Reason::UserUnknownToSite { discovers: Vec::new(), grantor: None },
                },
                audit: Some(Audited { number: 7, hash: "ab".into() }),
            },
            r#""answer":"decision","decision":"refused","reason":{"why":"user_unknown_to_site"},"audit":{"number":7,"hash":"ab"}"#,
        ),
        (
            Answer::Decision {
                decision: Decision::Waits { reason: Reason::ApprovalMissing, until: Timestamp(0) },
                audit: None,
            },
            r#""answer":"decision","decision":"waits","reason":{"why":"approval_missing"},"until":"TIME""#,
        ),
        (Answer::Approved { allowed: true }, r#""answer":"approved","allowed":true"#),
        (
            Answer::NotApproved { reason: Reason::ApprovalMissing },
            r#""answer":"not_approved","reason":{"why":"approval_missing"}"#,
        ),
        (
            Answer::MayRead { rule: "r".into(), collections: vec![("SMS00001".into(), "All".into())] },
            r#""answer":"may_read","rule":"r","collections":[["SMS00001","All"]]"#,
        ),
        (
            Answer::MayNotRead { reason: Reason::DeviceUnknown },
            r#""answer":"may_not_read","reason":{"why":"device_unknown"}"#,
        ),
        (
            Answer::DryRun(Box::new(DryRun {
                rule: Some("r".into()),
                reason: None,
                count: 2,
                online: 1,
                refused: vec![(device, Reason::DeviceUnknown)],
                waits: Some(Reason::SiteHalted),
                sent_by: None,
                ends_by: Timestamp(0),
            })),
            r#""answer":"dry_run","rule":"r","reason":null,"count":2,"online":1,"refused":[["UUID",{"why":"device_unknown"}]],"waits":{"why":"site_halted"},"sent_by":null,"ends_by":"TIME""#,
        ),
        (
            Answer::Targets { targets: vec![ResolvedTarget { device, resource: ResourceId(16_777_217) }] },
            r#""answer":"targets","targets":[{"device":"UUID","resource":16777217}]"#,
        ),
        (
            Answer::Mirror(mirror()),
            r#""answer":"mirror","generation":3,"collections":[{"id":"TEN00001","name":"Shops","version":1,"count":2}],"policies":[{"id":"p1","name":"motd","version":1,"collections":["TEN00001"]}],"roles":["r"],"vouching":[]"#,
        ),
        (
            Answer::AuditHashes(Box::new(page())),
            r#""answer":"audit_hashes","after":1,"base":"abababababababababababababababababababababababababababababababab","oldest":0,"entries":[[2,"abababababababababababababababababababababababababababababababab"]],"last":2,"head":"abababababababababababababababababababababababababababababababab","signed":"h.s","news":true"#,
        ),
        (Answer::Wanted { after: vec![0, 7] }, r#""answer":"wanted","after":[0,7]"#),
        (
            Answer::Released(Box::new(released(device, enrolment))),
            r#""answer":"released","push_id":7,"task_id":8,"kind":1,"param":"","request_hash":"ab","issued_at":"TIME","valid_until":"TIME","deliver_by":"TIME","finish_within_seconds":3600,"devices":[["UUID","UUID"]],"refused":[],"signed_push":"AA==""#,
        ),
        (
            Answer::Released(Box::new(Released {
                held: vec![(device, Reason::SiteHalted)],
                ..released(device, enrolment)
            })),
            r#""answer":"released","push_id":7,"task_id":8,"kind":1,"param":"","request_hash":"ab","issued_at":"TIME","valid_until":"TIME","deliver_by":"TIME","finish_within_seconds":3600,"devices":[["UUID","UUID"]],"refused":[],"held":[["UUID",{"why":"site_halted"}]],"signed_push":"AA==""#,
        ),
        (Answer::SiteTime { time: "t.s".into() }, r#""answer":"site_time","time":"t.s""#),
        (
            Answer::Enrolled(Box::new(Enrolled {
                device,
                enrolment,
                resource: ResourceId(1),
                chain: "c".into(),
                not_after: Timestamp(0),
                trust_document: "t".into(),
            })),
            r#""answer":"enrolled","device":"UUID","enrolment":"UUID","resource":1,"chain":"c","not_after":"TIME","trust_document":"t""#,
        ),
        (Answer::Denied { reason: "no".into() }, r#""answer":"denied","reason":"no""#),
        (
            Answer::Removed { generation: 7, devices: vec![device] },
            r#""answer":"removed","generation":7,"devices":["UUID"]"#,
        ),
        (Answer::Waits { reason: "w".into() }, r#""answer":"waits","reason":"w""#),
        (Answer::Manifest { manifest: "m.s".into() }, r#""answer":"manifest","manifest":"m.s""#),
        (Answer::Document { document: "{}".into() }, r#""answer":"document","document":"{}""#),
        (Answer::Certificate { chain: "c".into() }, r#""answer":"certificate","chain":"c""#),
        (Answer::TrustDocument { document: "t".into() }, r#""answer":"trust_document","document":"t""#),
        (
            Answer::Revocations { generation: 7, revoked: vec![enrolment], restored: Vec::new() },
            r#""answer":"revocations","generation":7,"revoked":["UUID"],"restored":[]"#,
        ),
        (
            Answer::TicketKeys { keys: vec![TicketKey { day: 20_000, secret: "AA==".into() }] },
            r#""answer":"ticket_keys","keys":[{"day":20000,"secret":"AA=="}]"#,
        ),
        (
            Answer::Failed { what: "w".into(), transient: true },
            r#""answer":"failed","what":"w","transient":true"#,
        ),
    ];
    for (told, text) in owner_answers(device) {
        all.push((Answer::Owner(Box::new(told)), text));
    }
    let fill = |text: &str| text.replace("UUID", super::UUID).replace("TIME", "1970-01-01T00:00:00.000Z");
    all.into_iter().map(|(answer, text)| (answer, fill(text))).collect()
}

fn owner_answers(device: DeviceId) -> Vec<(OwnerAnswer, &'static str)> {
    let shops = || vec!["Shops".to_owned()];
    let policy = PolicyEntry {
        id: "p1".into(),
        name: "motd".into(),
        version: 1,
        sha256: "ab".into(),
        collections: shops(),
        users: vec!["*".into()],
        priority: 100,
    };
    let version = PolicyVersion { entry: policy.clone(), at: Timestamp(0), what: "put".into() };
    let collection = CollectionEntry {
        id: "TEN00001".into(),
        name: "Shops".into(),
        query: None,
        include: Vec::new(),
        exclude: Vec::new(),
        limited_to: None,
        count: 2,
        version: 1,
        scopes: Vec::new(),
    };
    let token = JoinTokenEntry {
        id: "k3".into(),
        uses_left: 2,
        expires: Timestamp(0),
        collection: None,
        device: None,
    };
    let assignment = AssignmentEntry {
        user: UserId(uuid()),
        name: "ann".into(),
        role: "r".into(),
        collections: shops(),
        scopes: Vec::new(),
    };
    vec![
        (
            OwnerAnswer::PolicyDocument { policy: version.clone(), document: "{}".into() },
            r#""answer":"owner","told":"policy_document","policy":{"id":"p1","name":"motd","version":1,"sha256":"ab","collections":["Shops"],"users":["*"],"priority":100,"at":"TIME","what":"put"},"document":"{}""#,
        ),
        (
            OwnerAnswer::PolicyVersions { versions: vec![version] },
            r#""answer":"owner","told":"policy_versions","versions":[{"id":"p1","name":"motd","version":1,"sha256":"ab","collections":["Shops"],"users":["*"],"priority":100,"at":"TIME","what":"put"}]"#,
        ),
        (
            OwnerAnswer::PolicyConflicts {
                conflicts: vec![PolicyConflict {
                    target: "the file `/a`".into(),
                    policies: vec![("motd".into(), 100, "it".into())],
                    stands: None,
                }],
            },
            r#""answer":"owner","told":"policy_conflicts","conflicts":[{"target":"the file `/a`","policies":[["motd",100,"it"]],"stands":null}]"#,
        ),
        (OwnerAnswer::Done, r#""answer":"owner","told":"done""#),
        (
            OwnerAnswer::Devices {
                devices: vec![DeviceEntry {
                    device: DeviceId(uuid()),
                    resource: ResourceId(1),
                    name: "shop-1".into(),
                    standing: Standing::Held,
                    enrolled_at: Timestamp(0),
                    same_hardware_as: None,
                }],
            },
            r#""answer":"owner","told":"devices","devices":[{"device":"UUID","resource":1,"name":"shop-1","standing":"held","enrolled_at":"TIME","same_hardware_as":null}]"#,
        ),
        (OwnerAnswer::CleanUp { days: 90 }, r#""answer":"owner","told":"clean_up","days":90"#),
        (
            OwnerAnswer::Rotated { version: 3, until: Timestamp(0) },
            r#""answer":"owner","told":"rotated","version":3,"until":"TIME""#,
        ),
        (
            OwnerAnswer::Keys {
                keys: vec![SiteKeyEntry { key: SiteKey::Ca, sha256: "ab".into(), until: None }],
            },
            r#""answer":"owner","told":"keys","keys":[{"key":"ca","sha256":"ab","until":null}]"#,
        ),
        (
            OwnerAnswer::AuditVerified { last: 7, broken: Some(3), consoles: Vec::new() },
            r#""answer":"owner","told":"audit_verified","last":7,"broken":3"#,
        ),
        (
            OwnerAnswer::AuditVerified {
                last: 7,
                broken: None,
                consoles: vec![Witnessed {
                    tenant: TenantId(uuid()),
                    number: 3,
                    hash: "ab".into(),
                    checked: Some(Timestamp(0)),
                    broken: None,
                }],
            },
            r#""answer":"owner","told":"audit_verified","last":7,"broken":null,"consoles":[{"tenant":"UUID","number":3,"hash":"ab","checked":"TIME","broken":null}]"#,
        ),
        (
            OwnerAnswer::AuditHead { entry: 7, hash: "ab".into(), at: Timestamp(0), signed: "h.s".into() },
            r#""answer":"owner","told":"audit_head","entry":7,"hash":"ab","at":"TIME","signed":"h.s""#,
        ),
        (
            OwnerAnswer::AuditPage {
                entries: vec![AuditLine {
                    number: 7,
                    entry: "{}".into(),
                    salt: String::new(),
                    hash: "ab".into(),
                }],
            },
            r#""answer":"owner","told":"audit_page","entries":[{"number":7,"entry":"{}","hash":"ab"}]"#,
        ),
        (
            OwnerAnswer::Rollouts {
                rollouts: vec![RolloutEntry {
                    collection: "TEN00001".into(),
                    name: "Shops".into(),
                    plan: RolloutPlan { rings: Vec::new(), stop_above_percent: 5 },
                }],
            },
            r#""answer":"owner","told":"rollouts","rollouts":[{"collection":"TEN00001","name":"Shops","plan":{"rings":[],"stop_above_percent":5}}]"#,
        ),
        (
            OwnerAnswer::People {
                people: vec![PersonEntry { user: UserId(uuid()), name: "ann".into(), discovered: None }],
            },
            r#""answer":"owner","told":"people","people":[{"user":"UUID","name":"ann"}]"#,
        ),
        (
            OwnerAnswer::People {
                people: vec![PersonEntry {
                    user: UserId(uuid()),
                    name: "bo".into(),
                    discovered: Some("https://id.example".into()),
                }],
            },
            r#""answer":"owner","told":"people","people":[{"user":"UUID","name":"bo","discovered":"https://id.example"}]"#,
        ),
        (
            OwnerAnswer::Scopes {
                scopes: vec![ScopeEntry {
                    name: "Retail".into(),
                    description: "what stands in shops".into(),
                    collections: shops(),
                    assignments: 2,
                }],
            },
            r#""answer":"owner","told":"scopes","scopes":[{"name":"Retail","description":"what stands in shops","collections":["Shops"],"assignments":2}]"#,
        ),
        (
            OwnerAnswer::WhoCan {
                device: DeviceId(uuid()),
                name: "shop-1".into(),
                people: vec![WhoMay { user: UserId(uuid()), name: "ann".into(), rule: "r".into() }],
            },
            r#""answer":"owner","told":"who_can","device":"UUID","name":"shop-1","people":[{"user":"UUID","name":"ann","rule":"r"}]"#,
        ),
        (
            OwnerAnswer::Explained(Box::new(Explained {
                user: UserId(uuid()),
                user_name: "ann".into(),
                kind: ActionKind::PROBE,
                device: DeviceId(uuid()),
                device_name: "shop-1".into(),
                rule: None,
                reason: Some(Reason::DeviceUnknown),
                held: vec![Held {
                    collection: "TEN00001".into(),
                    name: "Shops".into(),
                    roles: vec!["r".into()],
                    out_of_scope: false,
                    holds_device: true,
                    missing: Some("p".into()),
                }],
            })),
            r#""answer":"owner","told":"explained","user":"UUID","user_name":"ann","kind":1001,"device":"UUID","device_name":"shop-1","rule":null,"reason":{"why":"device_unknown"},"held":[{"collection":"TEN00001","name":"Shops","roles":["r"],"holds_device":true,"missing":"p"}]"#,
        ),
        (
            OwnerAnswer::Status {
                site: SiteId(uuid()),
                name: "Delft".into(),
                root_key_sha256: "ab".into(),
                epoch: 1,
                devices: 2,
                halted: false,
            },
            r#""answer":"owner","told":"status","site":"UUID","name":"Delft","root_key_sha256":"ab","epoch":1,"devices":2,"halted":false"#,
        ),
        (
            OwnerAnswer::JoinToken { id: "k3".into(), token: "TJ1".into(), expires: Timestamp(0) },
            r#""answer":"owner","told":"join_token","id":"k3","token":"TJ1","expires":"TIME""#,
        ),
        (
            OwnerAnswer::JoinTokens { tokens: vec![token] },
            r#""answer":"owner","told":"join_tokens","tokens":[{"id":"k3","uses_left":2,"expires":"TIME","collection":null}]"#,
        ),
        (
            OwnerAnswer::Policy { id: "p1".into(), version: 1, sha256: "ab".into(), warnings: Vec::new() },
            r#""answer":"owner","told":"policy","id":"p1","version":1,"sha256":"ab""#,
        ),
        (
            OwnerAnswer::Policies { policies: vec![policy] },
            r#""answer":"owner","told":"policies","policies":[{"id":"p1","name":"motd","version":1,"sha256":"ab","collections":["Shops"],"users":["*"],"priority":100}]"#,
        ),
        (
            OwnerAnswer::Applications {
                said: Box::new(ApplicationAnswer::Put {
                    id: "APP00001".into(),
                    version: 1,
                    sha256: "ab".into(),
                }),
            },
            r#""answer":"owner","told":"applications","said":{"is":"put","id":"APP00001","version":1,"sha256":"ab"}"#,
        ),
        (
            OwnerAnswer::Collection { id: "TEN00001".into() },
            r#""answer":"owner","told":"collection","id":"TEN00001""#,
        ),
        (
            OwnerAnswer::Collections { collections: vec![collection] },
            r#""answer":"owner","told":"collections","collections":[{"id":"TEN00001","name":"Shops","query":null,"count":2,"version":1}]"#,
        ),
        (
            OwnerAnswer::Members { members: vec![(device, "shop-1".into())] },
            r#""answer":"owner","told":"members","members":[["UUID","shop-1"]]"#,
        ),
        (
            OwnerAnswer::Roles { roles: vec![("r".into(), vec!["Collection / Read".into()])] },
            r#""answer":"owner","told":"roles","roles":[["r",["Collection / Read"]]]"#,
        ),
        (
            OwnerAnswer::Assignments { assignments: vec![assignment] },
            r#""answer":"owner","told":"assignments","assignments":[{"user":"UUID","name":"ann","role":"r","collections":["Shops"]}]"#,
        ),
        (
            OwnerAnswer::NotValid { what: "w".into(), fix: "f".into() },
            r#""answer":"owner","told":"not_valid","what":"w","fix":"f""#,
        ),
    ]
}

fn allowed(device: DeviceId) -> Allowed {
    Allowed {
        task_id: TaskId(8),
        kind: ActionKind::MACHINE_POLICY,
        param: String::new(),
        targets: Targets::Collection { collection: "SMS00001".into(), at_most: 5, version: 0 },
        count: 2,
        clocks: Clocks { deliver_by: Timestamp(0), finish_within_seconds: 3600 },
        offline: OfflinePolicy::Queue,
        rule: "r".into(),
        refused: vec![(device, Reason::DeviceUnknown)],
    }
}

fn released(device: DeviceId, enrolment: EnrolmentId) -> Released {
    Released {
        push_id: PushId(7),
        task_id: TaskId(8),
        kind: ActionKind::MACHINE_POLICY,
        param: String::new(),
        request_hash: "ab".into(),
        issued_at: Timestamp(0),
        valid_until: Timestamp(0),
        deliver_by: Timestamp(0),
        finish_within_seconds: 3600,
        devices: vec![(device, enrolment)],
        refused: Vec::new(),
        held: Vec::new(),
        signed_push: "AA==".into(),
    }
}

fn mirror() -> Mirror {
    Mirror {
        generation: 3,
        collections: vec![MirroredCollection {
            id: "TEN00001".into(),
            name: "Shops".into(),
            version: 1,
            count: 2,
        }],
        policies: vec![MirroredPolicy {
            id: "p1".into(),
            name: "motd".into(),
            version: 1,
            collections: vec!["TEN00001".into()],
        }],
        roles: vec!["r".into()],
        vouching: Vec::new(),
        halted: false,
    }
}
