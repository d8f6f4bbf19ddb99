//! Brings the demo up: programs, attachment, roles, policy, devices.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::Instant;

use anyhow::Context as _;
use authority_link::{OwnerAnswer, OwnerCall, ProofAnswer, ProofCall};
use console_api::{Client, DeviceQuery, Kind, NewAction, NewApiToken, NewTarget, Setup};

use super::{Demo, children::Children, devices::Devices, files::Plan};
use crate::{
    cli::LogFormat,
    command::{pair, site::proofs, tenant::new_password},
    exit::{self, Stop},
    keys::Keys,
    owner::SiteFolder,
    session::{client, refused},
};

/// How long a part of the demo may take to come up.
const WITHIN: Duration = Duration::from_secs(60);
/// How often is looked whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The policy of the demo: it visibly changes a file of the device.
const POLICY: &str = "\
$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json
resources:
  - name: message of the day
    type: Tenon.Linux/File
    properties:
      path: /etc/motd
      content: |
        This machine is managed by Tenon.
      mode: '0644'
";

/// What the demo's user needs to know.
pub(super) struct Ready {
    /// This program.
    pub(super) program: PathBuf,
    /// The administrator's sign-in name.
    pub(super) user: String,
    /// The administrator's password.
    pub(super) password: String,
    /// An API token of the administrator.
    pub(super) token: String,
    /// The simulated devices.
    pub(super) devices: Devices,
    client: Client,
}

/// Starts everything, in the order in which an administrator would.
pub(super) async fn all(plan: &Plan, demo: &Demo, children: &mut Children) -> anyhow::Result<Ready> {
    let program = std::env::current_exe().context("failed to find this program's own file")?;
    let format = if demo.log_format == LogFormat::Json { "json" } else { "text" };
    let start = |children: &mut Children, name: &str, args: &[&str]| {
        let output = plan.folder.join(format!("{name}.out"));
        children.start(name, &program, args, &output).map(|()| output)
    };

    let config = plan.console_config.display().to_string();
    let output = start(children, "console", &["console", "--config", &config, "--log-format", format])?;
    let (client, user, password, id) = first_administrator(plan, &output).await?;

    let config = plan.site_config.display().to_string();
    let output = start(children, "site", &["site", "--config", &config, "--log-format", format])?;
    let site = SiteFolder { folder: plan.site.clone() };
    wait("the site", async || {
        std::fs::read_to_string(&output).is_ok_and(|text| text.contains("is ready")).then_some(())
    })
    .await?;
    attach(plan, &client, &site).await?;
    rules(&site, id, &user).await?;
    vouching(&site, id).await?;

    let uses = demo.devices + 1;
    let asked = OwnerCall::CreateJoinToken {
        url: plan.management_url.clone(),
        uses,
        valid_seconds: 3600,
        collection: None,
        approval: false,
    };
    let OwnerAnswer::JoinToken { token: join_token, .. } = site.ask(asked).await? else {
        anyhow::bail!("the site authority made no join token");
    };
    let agent = program.with_file_name("tenon-agent");
    enrol(&agent, plan, &join_token).await?;
    let config = plan.agent_config.display().to_string();
    children.start("agent", &agent, &["run", "--config", &config], &plan.folder.join("agent.out"))?;
    let devices = Devices::start(demo.devices, &join_token).await?;
    all_online(&client, uses, &devices).await?;

    let new = NewApiToken {
        name: "demo".to_owned(),
        expires: None,
        permissions: None,
        sites: Vec::new(),
        device_groups: Vec::new(),
    };
    let token = client.create_token(&new).await.map_err(refused)?.secret;
    paired(plan, &client, &site, id).await?;
    Ok(Ready { program, user, password, token, devices, client })
}

/// Runs one action on the real agent to its end.
pub(super) async fn one_action(plan: &Plan, ready: &Ready) -> anyhow::Result<()> {
    let filter = Some("name = \"demo-device\"".to_owned());
    let found =
        ready.client.devices(&DeviceQuery { filter, ..DeviceQuery::default() }).await.map_err(refused)?;
    let device = found.items.first().context("the console does not show the demo's device")?;
    let new = NewAction {
        kind: Kind(action::ActionKind::MACHINE_POLICY),
        target: NewTarget::Device { device: device.id },
        param: String::new(),
        deliver_by: None,
        finish_within_seconds: None,
        offline: None,
        task_guid: None,
    };
    let asked = ready.client.create_action(&new, "demo").await.map_err(refused)?;
    let task_guid = asked.actions.first().context("the console stored no action")?.task_guid;
    let start = Instant::now();
    loop {
        let action = ready.client.action(task_guid).await.map_err(refused)?;
        if action.state == action::State::Done {
            break;
        }
        anyhow::ensure!(!action.state.is_concluded(), "the demo's action ended as {}", action.state.name());
        anyhow::ensure!(start.elapsed() < WITHIN, "the demo's action is still {}", action.state.name());
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let file = plan.device_root.join("etc/motd");
    let text =
        std::fs::read_to_string(&file).with_context(|| format!("the policy wrote no {}", file.display()))?;
    crate::print::line(&format!("{} says: {}", file.display(), text.trim_end()))?;
    Ok(())
}

async fn first_administrator(
    plan: &Plan,
    output: &Path,
) -> anyhow::Result<(Client, String, String, action::UserId)> {
    let (user, password) = ("admin".to_owned(), new_password());
    let code = wait("the console's setup code", async || {
        let printed = std::fs::read_to_string(output).unwrap_or_default();
        printed.lines().find_map(|line| line.strip_prefix("setup code: ")).map(|code| code.trim().to_owned())
    })
    .await?;
    let setup = Setup { code, tenant: "demo".to_owned(), user: user.clone(), password: password.clone() };
    let signed_in = wait("the console", async || {
        let mut client = client(&plan.url, None, None).ok()?;
        let signed_in = client.set_up(&setup).await.ok()?;
        Some((client, signed_in))
    })
    .await?;
    let (client, signed_in) = signed_in;
    Ok((client, user, password, signed_in.me.id))
}

async fn attach(plan: &Plan, client: &Client, site: &SiteFolder) -> anyhow::Result<()> {
    let status = site.ask(OwnerCall::Status).await?;
    let OwnerAnswer::Status { site: id, name, root_key_sha256, .. } = status else {
        anyhow::bail!("the site authority does not say which site it is");
    };
    let code = client.create_attach_code().await.map_err(refused)?.code;
    let options = connector::AttachOptions {
        folder: site.folder.clone(),
        console: plan.url.clone(),
        code,
        site: id,
        site_name: name,
        root: root_key_sha256.parse().ok(),
        proxy: None,
        ca_file: None,
    };
    connector::attach(options).await.context("failed to attach the demo's site")?;
    Ok(())
}

async fn rules(site: &SiteFolder, user: action::UserId, name: &str) -> anyhow::Result<()> {
    let all_devices = vec![action::Targets::ALL_DEVICES.to_owned()];
    let assign = OwnerCall::Assign {
        user,
        name: name.to_owned(),
        role: "Full Administrator".to_owned(),
        collections: all_devices.clone(),
        scopes: Vec::new(),
    };
    site.ask(assign).await?;
    let policy = OwnerCall::PutPolicy {
        name: "welcome".to_owned(),
        document: POLICY.to_owned(),
        collections: all_devices,
        users: Vec::new(),
        priority: None,
    };
    site.ask(policy).await?;
    Ok(())
}

/// Lets the console vouch for the administrator's sessions: the page of the demo does not sign.
async fn vouching(site: &SiteFolder, user: action::UserId) -> anyhow::Result<()> {
    let call = ProofCall::PutGrant {
        user,
        name: String::new(),
        token: None,
        collection: action::Targets::ALL_DEVICES.to_owned(),
        per_hour: 1_000,
        valid_seconds: 24 * 3600,
    };
    proofs::ask(site, call).await.map(|_| ())
}

/// Has the site know a key of the administrator's, with which the command line signs.
async fn paired(plan: &Plan, client: &Client, site: &SiteFolder, user: action::UserId) -> anyhow::Result<()> {
    let level = proof::Level::Native;
    let call = ProofCall::CreatePairing { user, name: String::new(), level, service: None };
    let ProofAnswer::Pairing { code, .. } = proofs::ask(site, call).await? else {
        anyhow::bail!("the site authority made no pairing code");
    };
    let sites = client.sites().await.map_err(refused)?;
    let attached = sites.first().context("the console does not show the demo's site")?;
    let key = pair::with(client, attached.id, &pair::code(&code)?, level).await?;
    Keys::read_in(&plan.config_home().join("tenon"))?.keep(key)
}

async fn enrol(agent: &Path, plan: &Plan, join_token: &str) -> anyhow::Result<()> {
    let output = tokio::process::Command::new(agent)
        .args(["enrol", "--config"])
        .arg(&plan.agent_config)
        .args(["--token", join_token])
        .output()
        .await
        .with_context(|| {
            format!("failed to start {}: build it with `cargo build --bins`", agent.display())
        })?;
    if output.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Stop::error(
        exit::FAILED,
        format!("the demo's agent did not enrol: {told}"),
        "look at the demo's logs",
    ))
}

/// Waits until the console shows all devices as online.
async fn all_online(client: &Client, count: u32, devices: &Devices) -> anyhow::Result<()> {
    let online = wait("all devices at the console", async || {
        let sites = client.sites().await.ok()?;
        let site = sites.first()?;
        (site.online >= u64::from(count)).then_some(())
    })
    .await;
    online.map_err(|late| match devices.first_failure() {
        Some(why) => late.context(format!("the first simulated device that failed: {why}")),
        None => late,
    })
}

async fn wait<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> anyhow::Result<T> {
    let start = Instant::now();
    loop {
        if let Some(found) = look().await {
            return Ok(found);
        }
        anyhow::ensure!(start.elapsed() < WITHIN, "{what} is not there after {} s", WITHIN.as_secs());
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
