//! The site whose devices are measured: a real authority, in a process of its own, and its devices, enrolled in bulk.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use action::{ConsoleId, DeviceId, OfflinePolicy, SiteId, Targets, TaskGuid, TenantId, UserId};
use anyhow::{Context as _, bail};
use authority_link::{Allowed, Answer, Call, Decision, Role, Vouch};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use e2e::{Program, binary, free_port};
use proof::{
    JoinToken, Request, Trusted,
    request::{Params, RequestKind},
};
use service::{call::Caller, clock};
use site_store::{NewDevice, SiteStore};
use tokio::time::{Instant, sleep};

use crate::{
    collection::{AT_ONCE, Link, device_facts, facts},
    notifier::certificates::Identity,
};

/// How long the authority may take to start.
const STARTS_WITHIN: Duration = Duration::from_secs(60);
/// How long an action may take.
const AN_HOUR: Duration = Duration::from_secs(3_600);
/// The person who asks for everything.
const PERSON: &str = "bench";

/// A site with an authority.
pub(super) struct Site {
    pub(super) folder: PathBuf,
    pub(super) id: SiteId,
    pub(super) ca_pem: String,
    /// The devices that are enrolled, in the order of their numbers.
    pub(super) devices: Vec<Enrolled>,
    person: UserId,
    authority: Arc<Caller<Link>>,
    _program: Program,
}

/// A device that is enrolled.
#[derive(Clone)]
pub(super) struct Enrolled {
    pub(super) identity: Identity,
    pub(super) new: NewDevice,
}

/// An action that was allowed, with its targets.
pub(super) struct Decided {
    pub(super) task_guid: TaskGuid,
    pub(super) request: Vec<u8>,
    pub(super) allowed: Allowed,
    pub(super) targets: Vec<DeviceId>,
}

impl Site {
    /// Starts the authority of a new site.
    pub(super) async fn start(files: &Path) -> anyhow::Result<Self> {
        let folder = files.join("site");
        let config = files.join("site.toml");
        let (channel, management) = (free_port(), free_port());
        let text = format!(
            "folder = \"{}\"\nname = \"Bench\"\n[notifier]\nlisten = \"127.0.0.1:{channel}\"\naddress = \
             \"127.0.0.1:{channel}\"\n[management-point]\nlisten = \"127.0.0.1:{management}\"\nurl = \
             \"https://127.0.0.1:{management}\"\n",
            folder.display()
        );
        fs::write(&config, text)?;
        let config = config.to_string_lossy().into_owned();
        let arguments = ["site", "--config", &config, "--roles", "authority"];
        let program = Program::start("authority", &binary("tenon"), arguments, files);
        let start = Instant::now();
        while tenon(&folder, &["site", "status"]).is_err() {
            if start.elapsed() > STARTS_WITHIN {
                bail!("the authority did not start; it printed:\n{}", program.printed());
            }
            sleep(Duration::from_millis(100)).await;
        }
        let person = UserId(uuid::Uuid::new_v4());
        let user = person.to_string();
        tenon(&folder, &["role", "assign", "Operations Administrator", "--user", &user, "--name", PERSON])?;
        let vouch = ["site", "vouch", "add", "--user", &user, "--collection", Targets::ALL_DEVICES];
        tenon(&folder, &[&vouch[..], &["--per-hour", "1000"]].concat())?;
        let authority = caller(&folder, Role::ManagementPoint);
        let Answer::TrustDocument { document } = authority.call(Call::TrustDocument).await? else {
            bail!("the authority gave no trust document");
        };
        let token = join_token(&folder, 1)?;
        let trust = Trusted::verify(&document, token.root_key_sha256)?.accept(None, clock::now())?;
        Ok(Self {
            folder,
            id: trust.site,
            ca_pem: trust.ca,
            devices: Vec::new(),
            person,
            authority,
            _program: program,
        })
    }

    /// Enrols devices until there are so many.
    pub(super) async fn enrol(&mut self, upto: usize) -> anyhow::Result<()> {
        let from = self.devices.len();
        if from >= upto {
            return Ok(());
        }
        let token = join_token(&self.folder, upto - from)?;
        for begin in (from..upto).step_by(AT_ONCE) {
            let calls = (begin..upto.min(begin + AT_ONCE)).map(async |number| {
                let facts = facts(number);
                // A key of its own: a device with a known key is that device, enrolled anew.
                let key = service::tls::key_and_csr()?;
                let call = Call::Enrol {
                    token: token.id.clone(),
                    secret: token.secret.text(),
                    csr: key.csr_pem.clone(),
                    facts: facts.clone(),
                };
                match self.authority.call(call).await? {
                    Answer::Enrolled(enrolled) => Ok(Enrolled {
                        identity: Identity {
                            device: enrolled.device,
                            enrolment: enrolled.enrolment,
                            certificate_pem: first_certificate(&enrolled.chain),
                            key_pem: key.key_pem,
                        },
                        new: NewDevice {
                            device: enrolled.device,
                            enrolment: enrolled.enrolment,
                            resource: enrolled.resource,
                            facts: device_facts(facts),
                        },
                    }),
                    _ => bail!("the authority did not enrol device {number}"),
                }
            });
            let enrolled = futures_util::future::try_join_all(calls).await?;
            self.devices.extend(enrolled);
        }
        Ok(())
    }

    /// Puts devices into a store of the site.
    pub(super) async fn put_into(&self, store: &SiteStore, from: usize) -> anyhow::Result<()> {
        let rest = self.devices.get(from..).unwrap_or_default();
        for devices in rest.chunks(AT_ONCE) {
            let put = devices.iter().map(|device| store.put_device(&device.new, clock::now()));
            futures_util::future::try_join_all(put).await?;
        }
        Ok(())
    }

    pub(super) fn person(&self) -> UserId {
        self.person
    }
}

/// Has an action on all devices decided, as the connector does.
pub(super) async fn decide(
    connector: &Caller<Link>,
    site: SiteId,
    person: UserId,
    at_most: u64,
) -> anyhow::Result<Decided> {
    let console = ConsoleId(uuid::Uuid::new_v4());
    let now = clock::now();
    let request = Request {
        v: Request::VERSION,
        id: TaskGuid(uuid::Uuid::new_v4()),
        iss: Request::vouched_by(console),
        sub: person,
        idh: String::new(),
        jkt: String::new(),
        tenant: TenantId(uuid::Uuid::new_v4()),
        site,
        console,
        kind: RequestKind::DeviceAction,
        params: Params { task_type: action::ActionKind::MACHINE_POLICY.0, task_param: String::new() },
        targets: Targets::Collection { collection: Targets::ALL_DEVICES.to_owned(), at_most, version: 0 },
        iat: now,
        exp: now.plus(AN_HOUR),
        deliver_by: now.plus(AN_HOUR),
        finish_within: 3_600,
        offline: OfflinePolicy::Queue,
        site_nonce: String::new(),
    };
    let (task_guid, bytes) = (request.id, request.encode());
    let vouch = Vouch { user: person, name: PERSON.to_owned() };
    let call = Call::Decide { request: BASE64_STANDARD.encode(&bytes), vouch };
    let allowed = match connector.call(call).await? {
        Answer::Decision { decision: Decision::Allowed(allowed), .. } => allowed,
        other => bail!("the authority did not allow the action: {other:?}"),
    };
    let mut targets = Vec::new();
    loop {
        let limit = u32::try_from(authority_link::PAGE).unwrap_or(u32::MAX);
        let call = Call::Targets { task_guid, after: targets.last().copied(), limit };
        let Answer::Targets { targets: page } = connector.call(call).await? else {
            bail!("the authority named no targets");
        };
        let last = page.len() < authority_link::PAGE;
        targets.extend(page.into_iter().map(|target| target.device));
        if last {
            return Ok(Decided { task_guid, request: bytes, allowed, targets });
        }
    }
}

/// Makes a caller of the authority that speaks for a role.
pub(super) fn caller(folder: &Path, role: Role) -> Arc<Caller<Link>> {
    crate::collection::caller(folder.join("authority.sock"), role)
}

fn join_token(folder: &Path, uses: usize) -> anyhow::Result<JoinToken> {
    let uses = uses.to_string();
    let create = ["join-token", "create", "--url", "https://127.0.0.1:8443", "--uses", &uses];
    Ok(tenon(folder, &create)?.trim().parse()?)
}

fn tenon(folder: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(binary("tenon")).args(arguments).env("TENON_SITE", folder).output()?;
    if !output.status.success() {
        bail!("`tenon {}` failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8(output.stdout).context("tenon prints UTF-8")
}

/// Returns the first certificate of a chain: the device's own.
fn first_certificate(chain: &str) -> String {
    const END: &str = "-----END CERTIFICATE-----\n";
    chain.split_inclusive(END).next().unwrap_or_default().to_owned()
}
