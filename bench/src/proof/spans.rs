//! What the site authority spends on one action: verify its request, decide, and sign its task. The authority is the real one,
//! called over its socket; what the socket costs is in the figures, what the disk costs is told apart.

use std::{io::Write as _, time::Duration};

use action::{ActionKind, ConsoleId, OfflinePolicy, SiteId, Target, Targets, TaskGuid, TenantId, UserId};
use anyhow::bail;
use authority_link::{Answer, Call, Decision, OwnerAnswer, OwnerCall, ProofAnswer, ProofCall, Role, Vouch};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use proof::{
    Hash, Level, PersonSigningKey, Request, SignedRequest,
    pairing::{PairingCode, PairingRequest},
    request::{Params, RequestKind},
};
use service::{call::Caller, clock};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    authorise::{device, facts, fill, start, stop},
    collection::{Link, caller},
    figures::{Times, millis},
};

/// The target: verify, decide and sign of one action together.
const TARGET: Duration = Duration::from_millis(1);

const USER: UserId = UserId(Uuid::from_u128(2));
const TENANT: TenantId = TenantId(Uuid::from_u128(8));
const CONSOLE: ConsoleId = ConsoleId(Uuid::from_u128(7));

/// Asks for one action after the other, each signed, for one device.
pub(super) async fn run(runs: usize) -> anyhow::Result<()> {
    let place = tempfile::tempdir()?;
    let socket = place.path().join("authority.sock");
    let running = start(place.path()).await?;
    let owner = caller(socket.clone(), Role::Owner);
    let site = match ask(&owner, OwnerCall::Status).await? {
        OwnerAnswer::Status { site, .. } => site,
        _ => bail!("the authority does not say how it stands"),
    };
    let assign = OwnerCall::Assign {
        user: USER,
        name: "ann".to_owned(),
        role: "Operations Administrator".to_owned(),
        collections: vec![Targets::ALL_DEVICES.to_owned()],
        scopes: Vec::new(),
    };
    ask(&owner, assign).await?;
    stop(running).await?;
    fill(place.path(), 1).await?;
    let running = start(place.path()).await?;
    let (owner, connector) = (caller(socket.clone(), Role::Owner), caller(socket.clone(), Role::Connector));
    let notifier = caller(socket, Role::Notifier);
    let key = paired(&owner, &connector, site).await?;
    let (mut spans, mut decided) = (Vec::with_capacity(runs), Vec::with_capacity(runs));
    for _ in 0..runs {
        let Answer::SiteNonce { nonce } = connector.call(Call::SiteNonce).await? else { bail!("no nonce") };
        let id = TaskGuid(Uuid::new_v4());
        let request = signed(&key, site, id, nonce)?;
        let vouch = || Vouch { user: USER, name: "ann".to_owned() };
        let dry_run =
            Call::DryRun { request: request.clone(), vouch: vouch(), online: Vec::new(), forecast: None };
        let begun = Instant::now();
        match connector.call(dry_run).await? {
            Answer::DryRun(told) if told.count == 1 => {}
            other => bail!("the authority would not allow it: {other:?}"),
        }
        let verified = begun.elapsed();
        let begun = Instant::now();
        match connector.call(Call::Decide { request, vouch: vouch() }).await? {
            Answer::Decision { decision: Decision::Allowed(_), .. } => decided.push(begun.elapsed()),
            other => bail!("the authority did not allow it: {other:?}"),
        }
        let release = Call::Release { task_guid: id, devices: vec![device(0)], results: None };
        let begun = Instant::now();
        match notifier.call(release).await? {
            Answer::Released(released) if released.devices.len() == 1 => {
                spans.push(verified + begun.elapsed());
            }
            other => bail!("the authority did not sign it: {other:?}"),
        }
    }
    let (spans, decided) = (Times::of(spans), Times::of(decided));
    writeln!(
        std::io::stdout(),
        "verify, decide and sign one action: p50 {}, p99 {} (target {}); verified, decided and on disk: p50 {}",
        millis(spans.percentile(50)),
        millis(spans.percentile(99)),
        millis(TARGET),
        millis(decided.percentile(50)),
    )?;
    stop(running).await
}

async fn ask(owner: &Caller<Link>, call: OwnerCall) -> anyhow::Result<OwnerAnswer> {
    match owner.call(Call::Owner { owner: call }).await? {
        Answer::Owner(told) => Ok(*told),
        _ => bail!("the authority does not answer its owner"),
    }
}

/// Has the site know a key, as a person's program does.
async fn paired(
    owner: &Caller<Link>,
    connector: &Caller<Link>,
    site: SiteId,
) -> anyhow::Result<PersonSigningKey> {
    let (user, level) = (USER, Level::Native);
    let call = ProofCall::CreatePairing { user, name: "ann".to_owned(), level, service: None };
    let code = match ask(owner, OwnerCall::Proofs { call: Box::new(call) }).await? {
        OwnerAnswer::Proofs { said } => match *said {
            ProofAnswer::Pairing { code, .. } => code.parse::<PairingCode>()?,
            _ => bail!("the authority made no code"),
        },
        _ => bail!("the authority made no code"),
    };
    let key = PersonSigningKey::from_secret(&[7; 32])?;
    let request = PairingRequest {
        v: PairingRequest::VERSION,
        pid: code.id.clone(),
        tenant: TENANT,
        site,
        console: CONSOLE,
        user,
        level,
        jwk: key.public(),
        rc: Hash([1; 32]),
        iat: clock::now(),
    };
    match connector.call(Call::Pair { message: request.text(&key, &code.keys()) }).await? {
        Answer::Paired { .. } => Ok(key),
        other => bail!("the authority did not pair the key: {other:?}"),
    }
}

fn signed(key: &PersonSigningKey, site: SiteId, id: TaskGuid, nonce: String) -> anyhow::Result<String> {
    let now = clock::now();
    let target = Target { device: device(0), name: facts(0, 0).name };
    let request = Request {
        v: Request::VERSION,
        id,
        iss: Request::paired_at(site),
        sub: USER,
        idh: String::new(),
        jkt: key.public().thumbprint().to_string(),
        tenant: TENANT,
        site,
        console: CONSOLE,
        kind: RequestKind::DeviceAction,
        params: Params { task_type: ActionKind::MACHINE_POLICY.0, task_param: String::new() },
        targets: Targets::Devices { devices: vec![target] },
        iat: now,
        exp: now.plus(Duration::from_hours(1)),
        deliver_by: now.plus(Duration::from_hours(1)),
        finish_within: 3_600,
        offline: OfflinePolicy::Queue,
        site_nonce: nonce,
    };
    Ok(BASE64_STANDARD.encode(SignedRequest::sign(&request, key)?.encode()))
}
