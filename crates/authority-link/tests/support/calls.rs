use action::{ActionKind, DeviceId, ResourceId, TaskGuid, TenantId, UserId};
use authority_link::{
    ApplicationCall, ApprovalCall, ApprovalRule, Call, DeploymentIntent, Facts, Forecast, OwnerCall, Pace,
    ProofCall, Results, Role, ScopeCall, SiteKey, Standing, Vouch,
};
use proof::Level;

use super::{page, uuid};

const FACTS: &str = r#"{"name":"shop-1","os":"Debian","os_version":"12","architecture":"x86_64","client_version":"0.1.0","hardware":"9f"}"#;

fn facts() -> Facts {
    Facts {
        name: "shop-1".into(),
        os: "Debian".into(),
        os_version: "12".into(),
        architecture: "x86_64".into(),
        client_version: "0.1.0".into(),
        hardware: "9f".into(),
    }
}

/// Calls, with the members that follow the number. `UUID` and `FACTS` stand for what they say.
pub(crate) fn calls() -> Vec<(Call, String)> {
    let (device, task_guid) = (DeviceId(uuid()), TaskGuid(uuid()));
    let vouch = Vouch { user: UserId(uuid()), name: "ann".into() };
    let csr = || "-----BEGIN".to_owned();
    let mut all = vec![
        (Call::Introduce { role: Role::ManagementPoint }, r#""call":"introduce","role":"management_point""#),
        (
            Call::Decide { request: "e30=".into(), vouch: vouch.clone() },
            r#""call":"decide","request":"e30=","vouch":{"user":"UUID","name":"ann"}"#,
        ),
        (
            Call::DryRun {
                request: "e30=".into(),
                vouch: vouch.clone(),
                online: vec![ResourceId(16_777_217)],
                forecast: Some(Forecast { ahead: 10, pace: Pace::Rate { per_second: 42 } }),
            },
            r#""call":"dry_run","request":"e30=","vouch":{"user":"UUID","name":"ann"},"online":[16777217],"forecast":{"ahead":10,"pace":{"by":"rate","per_second":42}}"#,
        ),
        (
            Call::DryRun { request: "e30=".into(), vouch: vouch.clone(), online: Vec::new(), forecast: None },
            r#""call":"dry_run","request":"e30=","vouch":{"user":"UUID","name":"ann"},"online":[],"forecast":null"#,
        ),
        (
            Call::MayRead { device, vouch: vouch.clone(), logs: false },
            r#""call":"may_read","device":"UUID","vouch":{"user":"UUID","name":"ann"}"#,
        ),
        (
            Call::MayRead { device, vouch, logs: true },
            r#""call":"may_read","device":"UUID","vouch":{"user":"UUID","name":"ann"},"logs":true"#,
        ),
        (
            Call::Targets { task_guid, after: Some(device), limit: 10_000 },
            r#""call":"targets","task_guid":"UUID","after":"UUID","limit":10000"#,
        ),
        (Call::BindKey { binding: "a.b.c~d.e.f".into() }, r#""call":"bind_key","binding":"a.b.c~d.e.f""#),
        (Call::RetireKey { retirement: "a.b.c".into() }, r#""call":"retire_key","retirement":"a.b.c""#),
        (Call::SiteNonce, r#""call":"site_nonce""#),
        (Call::Approve { approval: "a.b.c".into() }, r#""call":"approve","approval":"a.b.c""#),
        (Call::Pair { message: "p3.e30.AA.AA".into() }, r#""call":"pair","message":"p3.e30.AA.AA""#),
        (Call::Mirror, r#""call":"mirror""#),
        (Call::AuditHashes { after: 7 }, r#""call":"audit_hashes","after":7"#),
        (Call::Witness { tenant: TenantId(uuid()), page: None }, r#""call":"witness","tenant":"UUID""#),
        (
            Call::Witness { tenant: TenantId(uuid()), page: Some(Box::new(page())) },
            r#""call":"witness","tenant":"UUID","page":{"after":1,"base":"abababababababababababababababababababababababababababababababab","oldest":0,"entries":[[2,"abababababababababababababababababababababababababababababababab"]],"last":2,"head":"abababababababababababababababababababababababababababababababab","signed":"h.s","news":true}"#,
        ),
        (
            Call::Release { task_guid, devices: vec![device], results: None },
            r#""call":"release","task_guid":"UUID","devices":["UUID"]"#,
        ),
        (
            Call::Release {
                task_guid,
                devices: vec![device],
                results: Some(Results { sent: 10, done: 9, failed: 1 }),
            },
            r#""call":"release","task_guid":"UUID","devices":["UUID"],"results":{"sent":10,"done":9,"failed":1}"#,
        ),
        (Call::SiteTime, r#""call":"site_time""#),
        (
            Call::Enrol { token: "k3".into(), secret: "BQUF".into(), csr: csr(), facts: facts() },
            r#""call":"enrol","token":"k3","secret":"BQUF","csr":"-----BEGIN","facts":FACTS"#,
        ),
        (
            Call::Renew { device, serial: "0a".into(), csr: csr() },
            r#""call":"renew","device":"UUID","serial":"0a","csr":"-----BEGIN""#,
        ),
        (Call::Manifest { device }, r#""call":"manifest","device":"UUID""#),
        (Call::Document { sha256: "ab".into() }, r#""call":"document","sha256":"ab""#),
        (Call::PutFacts { facts: vec![(device, facts())] }, r#""call":"put_facts","facts":[["UUID",FACTS]]"#),
        (Call::ServerCertificate { csr: csr() }, r#""call":"server_certificate","csr":"-----BEGIN""#),
        (Call::TrustDocument, r#""call":"trust_document""#),
        (Call::Removed { since: 7 }, r#""call":"removed","since":7"#),
        (Call::Revocations { since: 7 }, r#""call":"revocations","since":7"#),
        (Call::TicketKeys, r#""call":"ticket_keys""#),
    ];
    for (owner, text) in owner_calls() {
        all.push((Call::Owner { owner }, text));
    }
    all.into_iter()
        .map(|(call, text)| (call, text.replace("FACTS", FACTS).replace("UUID", super::UUID)))
        .collect()
}

fn owner_calls() -> Vec<(OwnerCall, &'static str)> {
    let (device, user) = (DeviceId(uuid()), UserId(uuid()));
    let shops = || vec!["Shops".to_owned()];
    vec![
        (OwnerCall::Status, r#""call":"owner","owner":{"ask":"status"}"#),
        (
            OwnerCall::CreateJoinToken {
                url: "https://mp".into(),
                uses: 2,
                valid_seconds: 60,
                collection: None,
                approval: false,
            },
            r#""call":"owner","owner":{"ask":"create_join_token","url":"https://mp","uses":2,"valid_seconds":60,"collection":null}"#,
        ),
        (
            OwnerCall::CreateJoinToken {
                url: "https://mp".into(),
                uses: 2,
                valid_seconds: 60,
                collection: None,
                approval: true,
            },
            r#""call":"owner","owner":{"ask":"create_join_token","url":"https://mp","uses":2,"valid_seconds":60,"collection":null,"approval":true}"#,
        ),
        (
            OwnerCall::ListDevices { standing: Some(Standing::Pending), after: None },
            r#""call":"owner","owner":{"ask":"list_devices","standing":"pending","after":null}"#,
        ),
        (
            OwnerCall::ApproveDevice { device, takes_over: None },
            r#""call":"owner","owner":{"ask":"approve_device","device":"UUID"}"#,
        ),
        (
            OwnerCall::ApproveDevice { device, takes_over: Some(device) },
            r#""call":"owner","owner":{"ask":"approve_device","device":"UUID","takes_over":"UUID"}"#,
        ),
        (
            OwnerCall::RetireDevice { device },
            r#""call":"owner","owner":{"ask":"retire_device","device":"UUID"}"#,
        ),
        (
            OwnerCall::DeleteDevice { device },
            r#""call":"owner","owner":{"ask":"delete_device","device":"UUID"}"#,
        ),
        (OwnerCall::VerifyAudit, r#""call":"owner","owner":{"ask":"verify_audit"}"#),
        (OwnerCall::AuditHead, r#""call":"owner","owner":{"ask":"audit_head"}"#),
        (OwnerCall::ExportAudit { after: 5 }, r#""call":"owner","owner":{"ask":"export_audit","after":5}"#),
        (OwnerCall::KeepAudit { days: 90 }, r#""call":"owner","owner":{"ask":"keep_audit","days":90}"#),
        (OwnerCall::ListJoinTokens, r#""call":"owner","owner":{"ask":"list_join_tokens"}"#),
        (
            OwnerCall::RevokeJoinToken { id: "k3".into() },
            r#""call":"owner","owner":{"ask":"revoke_join_token","id":"k3"}"#,
        ),
        (
            OwnerCall::PutPolicy {
                name: "motd".into(),
                document: "{}".into(),
                collections: shops(),
                users: Vec::new(),
                priority: None,
            },
            r#""call":"owner","owner":{"ask":"put_policy","name":"motd","document":"{}","collections":["Shops"]}"#,
        ),
        (
            OwnerCall::AssignPolicy {
                name: "motd".into(),
                collections: None,
                users: Some(vec!["*".into()]),
                priority: Some(7),
            },
            r#""call":"owner","owner":{"ask":"assign_policy","name":"motd","collections":null,"users":["*"],"priority":7}"#,
        ),
        (
            OwnerCall::ShowPolicy { name: "motd".into(), version: Some(2) },
            r#""call":"owner","owner":{"ask":"show_policy","name":"motd","version":2}"#,
        ),
        (
            OwnerCall::PolicyHistory { name: "motd".into() },
            r#""call":"owner","owner":{"ask":"policy_history","name":"motd"}"#,
        ),
        (
            OwnerCall::RollBackPolicy { name: "motd".into(), version: 2 },
            r#""call":"owner","owner":{"ask":"roll_back_policy","name":"motd","version":2}"#,
        ),
        (OwnerCall::PolicyConflicts, r#""call":"owner","owner":{"ask":"policy_conflicts"}"#),
        (OwnerCall::ListPolicies, r#""call":"owner","owner":{"ask":"list_policies"}"#),
        (
            OwnerCall::RemovePolicy { name: "motd".into() },
            r#""call":"owner","owner":{"ask":"remove_policy","name":"motd"}"#,
        ),
        (
            OwnerCall::PutCollection {
                name: "Shops".into(),
                query: None,
                members: vec![device],
                include: Vec::new(),
                exclude: Vec::new(),
                limited_to: None,
            },
            r#""call":"owner","owner":{"ask":"put_collection","name":"Shops","query":null,"members":["UUID"]}"#,
        ),
        (
            OwnerCall::PutCollection {
                name: "Tills".into(),
                query: None,
                members: Vec::new(),
                include: shops(),
                exclude: vec!["Old".into()],
                limited_to: Some("All".into()),
            },
            r#""call":"owner","owner":{"ask":"put_collection","name":"Tills","query":null,"members":[],"include":["Shops"],"exclude":["Old"],"limited_to":"All"}"#,
        ),
        (
            OwnerCall::PutRollout { collection: "Shops".into(), plan: super::plan() },
            r#""call":"owner","owner":{"ask":"put_rollout","collection":"Shops","plan":{"rings":[{"collection":"Pilot","then":{"when":"done","percent":95}},{"collection":"Early","then":{"when":"after","seconds":3600}}],"stop_above_percent":5}}"#,
        ),
        (
            OwnerCall::RemoveRollout { collection: "Shops".into() },
            r#""call":"owner","owner":{"ask":"remove_rollout","collection":"Shops"}"#,
        ),
        (OwnerCall::ListRollouts, r#""call":"owner","owner":{"ask":"list_rollouts"}"#),
        (
            OwnerCall::KnowPerson { user, name: "ann".into() },
            r#""call":"owner","owner":{"ask":"know_person","user":"UUID","name":"ann"}"#,
        ),
        (OwnerCall::ForgetPerson { user }, r#""call":"owner","owner":{"ask":"forget_person","user":"UUID"}"#),
        (OwnerCall::ListPeople, r#""call":"owner","owner":{"ask":"list_people"}"#),
        (
            OwnerCall::WhoCan { kind: ActionKind::MACHINE_POLICY, device: "shop-1".into() },
            r#""call":"owner","owner":{"ask":"who_can","kind":1,"device":"shop-1"}"#,
        ),
        (
            OwnerCall::Explain { user: "ann".into(), kind: ActionKind::PROBE, device: "shop-1".into() },
            r#""call":"owner","owner":{"ask":"explain","user":"ann","kind":1001,"device":"shop-1"}"#,
        ),
        (
            OwnerCall::Applications {
                call: Box::new(ApplicationCall::Put { name: "tool".into(), document: "{}".into() }),
            },
            r#""call":"owner","owner":{"ask":"applications","call":{"do":"put","name":"tool","document":"{}"}}"#,
        ),
        (
            OwnerCall::Applications { call: Box::new(ApplicationCall::List) },
            r#""call":"owner","owner":{"ask":"applications","call":{"do":"list"}}"#,
        ),
        (
            OwnerCall::Applications { call: Box::new(ApplicationCall::Show { application: "tool".into() }) },
            r#""call":"owner","owner":{"ask":"applications","call":{"do":"show","application":"tool"}}"#,
        ),
        (
            OwnerCall::Applications {
                call: Box::new(ApplicationCall::Remove { application: "tool".into() }),
            },
            r#""call":"owner","owner":{"ask":"applications","call":{"do":"remove","application":"tool"}}"#,
        ),
        (
            OwnerCall::Applications {
                call: Box::new(ApplicationCall::Deploy {
                    application: "tool".into(),
                    collection: "Shops".into(),
                    intent: DeploymentIntent::Required,
                    deadline: None,
                }),
            },
            r#""call":"owner","owner":{"ask":"applications","call":{"do":"deploy","application":"tool","collection":"Shops","intent":"required","deadline":null}}"#,
        ),
        (
            OwnerCall::Applications { call: Box::new(ApplicationCall::ListDeployments) },
            r#""call":"owner","owner":{"ask":"applications","call":{"do":"list_deployments"}}"#,
        ),
        (
            OwnerCall::Applications {
                call: Box::new(ApplicationCall::RemoveDeployment { id: "DEP00001".into() }),
            },
            r#""call":"owner","owner":{"ask":"applications","call":{"do":"remove_deployment","id":"DEP00001"}}"#,
        ),
        (
            OwnerCall::Proofs {
                call: Box::new(ProofCall::CreatePairing {
                    user,
                    name: "ann".into(),
                    level: Level::Web,
                    service: None,
                }),
            },
            r#""call":"owner","owner":{"ask":"proofs","call":{"do":"create_pairing","user":"UUID","name":"ann","level":"web"}}"#,
        ),
        (
            OwnerCall::Proofs { call: Box::new(ProofCall::EndKey { key: "k".into() }) },
            r#""call":"owner","owner":{"ask":"proofs","call":{"do":"end_key","key":"k"}}"#,
        ),
        (
            OwnerCall::Proofs { call: Box::new(ProofCall::SignOut { user }) },
            r#""call":"owner","owner":{"ask":"proofs","call":{"do":"sign_out","user":"UUID"}}"#,
        ),
        (
            OwnerCall::Proofs {
                call: Box::new(ProofCall::PutLevel { kind: action::ActionKind::PROBE, level: Level::Native }),
            },
            r#""call":"owner","owner":{"ask":"proofs","call":{"do":"put_level","kind":1001,"level":"native"}}"#,
        ),
        (
            OwnerCall::Proofs {
                call: Box::new(ProofCall::PutGrant {
                    user,
                    name: "ann".into(),
                    token: Some(uuid()),
                    collection: "Shops".into(),
                    per_hour: 60,
                    valid_seconds: 3600,
                }),
            },
            r#""call":"owner","owner":{"ask":"proofs","call":{"do":"put_grant","user":"UUID","name":"ann","token":"UUID","collection":"Shops","per_hour":60,"valid_seconds":3600}}"#,
        ),
        (
            OwnerCall::Proofs { call: Box::new(ProofCall::Approvals { call: ApprovalCall::List }) },
            r#""call":"owner","owner":{"ask":"proofs","call":{"do":"approvals","call":{"approvals":"list"}}}"#,
        ),
        (
            OwnerCall::Proofs {
                call: Box::new(ProofCall::Approvals {
                    call: ApprovalCall::PutRule {
                        rule: ApprovalRule {
                            kind: action::ActionKind::PROBE,
                            collection: "Shops".into(),
                            of: Level::Web,
                        },
                        approval: None,
                    },
                }),
            },
            r#""call":"owner","owner":{"ask":"proofs","call":{"do":"approvals","call":{"approvals":"put_rule","rule":{"kind":1001,"collection":"Shops","of":"web"}}}}"#,
        ),
        (
            OwnerCall::Proofs { call: Box::new(ProofCall::EndGrant { id: "g1".into() }) },
            r#""call":"owner","owner":{"ask":"proofs","call":{"do":"end_grant","id":"g1"}}"#,
        ),
        (OwnerCall::ListCollections, r#""call":"owner","owner":{"ask":"list_collections"}"#),
        (
            OwnerCall::ListMembers { collection: "Shops".into() },
            r#""call":"owner","owner":{"ask":"list_members","collection":"Shops"}"#,
        ),
        (
            OwnerCall::RemoveCollection { collection: "Shops".into() },
            r#""call":"owner","owner":{"ask":"remove_collection","collection":"Shops"}"#,
        ),
        (
            OwnerCall::PutRole { name: "r".into(), permissions: vec!["Collection / Read".into()] },
            r#""call":"owner","owner":{"ask":"put_role","name":"r","permissions":["Collection / Read"]}"#,
        ),
        (OwnerCall::ListRoles, r#""call":"owner","owner":{"ask":"list_roles"}"#),
        (
            OwnerCall::Assign {
                user,
                name: "ann".into(),
                role: "r".into(),
                collections: shops(),
                scopes: Vec::new(),
            },
            r#""call":"owner","owner":{"ask":"assign","user":"UUID","name":"ann","role":"r","collections":["Shops"]}"#,
        ),
        (
            OwnerCall::Assign {
                user,
                name: "ann".into(),
                role: "r".into(),
                collections: shops(),
                scopes: vec!["Retail".into()],
            },
            r#""call":"owner","owner":{"ask":"assign","user":"UUID","name":"ann","role":"r","collections":["Shops"],"scopes":["Retail"]}"#,
        ),
        (
            OwnerCall::Scopes { call: ScopeCall::Put { name: "Retail".into(), description: "shops".into() } },
            r#""call":"owner","owner":{"ask":"scopes","call":{"what":"put","name":"Retail","description":"shops"}}"#,
        ),
        (
            OwnerCall::Scopes {
                call: ScopeCall::Carry { collection: "Shops".into(), scopes: vec!["Retail".into()] },
            },
            r#""call":"owner","owner":{"ask":"scopes","call":{"what":"carry","collection":"Shops","scopes":["Retail"]}}"#,
        ),
        (
            OwnerCall::Scopes { call: ScopeCall::Remove { name: "Retail".into() } },
            r#""call":"owner","owner":{"ask":"scopes","call":{"what":"remove","name":"Retail"}}"#,
        ),
        (
            OwnerCall::Scopes { call: ScopeCall::List },
            r#""call":"owner","owner":{"ask":"scopes","call":{"what":"list"}}"#,
        ),
        (
            OwnerCall::Unassign { user, role: "r".into() },
            r#""call":"owner","owner":{"ask":"unassign","user":"UUID","role":"r"}"#,
        ),
        (OwnerCall::ListAssignments, r#""call":"owner","owner":{"ask":"list_assignments"}"#),
        (
            OwnerCall::CreateDeviceToken { url: "https://mp.example".into(), valid_seconds: 3600, device },
            r#""call":"owner","owner":{"ask":"create_device_token","url":"https://mp.example","valid_seconds":3600,"device":"UUID"}"#,
        ),
        (OwnerCall::SetCleanUp { days: 90 }, r#""call":"owner","owner":{"ask":"set_clean_up","days":90}"#),
        (OwnerCall::CleanUp, r#""call":"owner","owner":{"ask":"clean_up"}"#),
        (
            OwnerCall::RotateKey { key: SiteKey::Policy, overlap_days: 7 },
            r#""call":"owner","owner":{"ask":"rotate_key","key":"policy","overlap_days":7}"#,
        ),
        (OwnerCall::ListKeys, r#""call":"owner","owner":{"ask":"list_keys"}"#),
        (
            OwnerCall::ForgetWitness { tenant: TenantId(uuid()) },
            r#""call":"owner","owner":{"ask":"forget_witness","tenant":"UUID"}"#,
        ),
        (
            OwnerCall::RevokeDevice { device },
            r#""call":"owner","owner":{"ask":"revoke_device","device":"UUID"}"#,
        ),
        (OwnerCall::Halt, r#""call":"owner","owner":{"ask":"halt"}"#),
        (OwnerCall::Resume, r#""call":"owner","owner":{"ask":"resume"}"#),
        (
            OwnerCall::Backup { folder: "/b".into() },
            r#""call":"owner","owner":{"ask":"backup","folder":"/b"}"#,
        ),
    ]
}
