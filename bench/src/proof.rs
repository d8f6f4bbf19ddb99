//! What proof costs: verifying a person's request at the authority, signing a push for 100,000 devices with a Merkle proof for
//! each, verifying a task at the agent; and what the authority spends on one action in all.

mod spans;

use std::{hint::black_box, io::Write as _, time::Instant};

use action::{
    ActionKind, ConsoleId, DeviceId, EnrolmentId, OfflinePolicy, PushId, SiteId, Target, Targets, TaskGuid,
    TaskId, TenantId, Timestamp, UserId,
};
use anyhow::{Context as _, ensure};
use proof::{
    Hash, MerkleTree, NonceKey, PersonSigningKey, Presented, PushHead, Request, Servers, SignedRequest,
    SigningKey, SiteNonce, TaskLeaf, TaskVerifier, TrustDocument,
    request::{Params, RequestKind},
};
use uuid::Uuid;

use crate::figures::{Times, millis};

/// `cargo xtask bench proof`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many devices a push is for
    #[arg(long, default_value_t = 100_000)]
    devices: u64,
    /// How often each is done
    #[arg(long, default_value_t = 1_000)]
    runs: usize,
}

const NOW: Timestamp = Timestamp(1_579_621_423_000);
const HOUR: i64 = 3_600_000;

/// Runs the benchmark.
pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    for targets in [1, 1_000] {
        let times = verify_requests(targets, options.runs)?;
        let (p50, p99) = (millis(times.percentile(50)), millis(times.percentile(99)));
        let target = if targets == 1 { " (target 0.3 ms)" } else { "" };
        writeln!(out, "verify a request for {targets} devices: p50 {p50}, p99 {p99}{target}")?;
    }
    let before = most_memory()?;
    let (times, presented) = sign_pushes(options.devices, options.runs.div_ceil(100).max(3))?;
    let memory = most_memory()?.saturating_sub(before);
    writeln!(
        out,
        "sign a push for {} devices, each with its proof: p50 {}, worst {} (target 150 ms), {} KiB of memory (target 65536)",
        options.devices,
        millis(times.percentile(50)),
        millis(times.percentile(100)),
        memory,
    )?;
    let times = verify_tasks(&presented, options.runs)?;
    let (p50, p99) = (millis(times.percentile(50)), millis(times.percentile(99)));
    writeln!(out, "verify a task at the agent: p50 {p50}, p99 {p99} (target 0.2 ms)")?;
    spans::run(options.runs).await
}

/// What the authority does with the bytes of a request before it asks its rules.
fn verify_requests(targets: u128, runs: usize) -> anyhow::Result<Times> {
    let key = PersonSigningKey::from_secret(&[7; 32])?;
    let nonces = NonceKey([9; 32]);
    let site = SiteId(Uuid::from_u128(5));
    let devices = (0..targets).map(|number| Target {
        device: DeviceId(Uuid::from_u128(number)),
        name: format!("shop-{number:05}"),
    });
    let request = Request {
        v: Request::VERSION,
        id: TaskGuid(Uuid::from_u128(1)),
        iss: Request::paired_at(site),
        sub: UserId(Uuid::from_u128(2)),
        idh: String::new(),
        jkt: key.public().thumbprint().to_string(),
        tenant: TenantId(Uuid::from_u128(4)),
        site,
        console: ConsoleId(Uuid::from_u128(3)),
        kind: RequestKind::DeviceAction,
        params: Params { task_type: 1, task_param: String::new() },
        targets: Targets::Devices { devices: devices.collect() },
        iat: NOW,
        exp: Timestamp(NOW.0 + HOUR),
        deliver_by: Timestamp(NOW.0 + HOUR),
        finish_within: 3600,
        offline: OfflinePolicy::Queue,
        site_nonce: nonces.nonce(site, NOW).to_string(),
    };
    let bytes = SignedRequest::sign(&request, &key)?.encode();
    let public = key.public();
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        let start = Instant::now();
        let signed = SignedRequest::parse(black_box(&bytes))?;
        let request = signed.verify(&public)?;
        request.check_at(site, NOW)?;
        let nonce: SiteNonce = request.site_nonce.parse()?;
        ensure!(nonces.verifies(site, &nonce), "the nonce is the site's");
        black_box(signed.hash());
        times.push(start.elapsed());
    }
    Ok(Times::of(times))
}

/// What authority and notification server do for a push between them: leaves, tree, one signature, a proof for each device.
fn sign_pushes(devices: u64, runs: usize) -> anyhow::Result<(Times, Presented)> {
    let key = SigningKey::from_seed([2; 32]);
    let param_hash = Hash::of(b"");
    let leaf = |number: u64| TaskLeaf {
        site: SiteId(Uuid::from_u128(1)),
        epoch: 7,
        key_id: key.id(),
        device: DeviceId(Uuid::from_u128(number.into())),
        enrolment: EnrolmentId(Uuid::from_u128(number.into())),
        task_guid: TaskGuid(Uuid::from_u128(3)),
        task_id: TaskId(8),
        push_id: PushId(7),
        task_type: ActionKind::MACHINE_POLICY,
        param_hash,
        issued_at: NOW,
        valid_until: Timestamp(NOW.0 + HOUR / 4),
        deliver_by: Timestamp(NOW.0 + HOUR),
        finish_within_seconds: 3600,
        request_hash: Hash([9; 32]),
    };
    let mut times = Vec::with_capacity(runs);
    let mut last = None;
    for _ in 0..runs {
        let start = Instant::now();
        let tree = MerkleTree::new((0..devices).map(|number| leaf(number).hash()).collect());
        let head = PushHead {
            site: SiteId(Uuid::from_u128(1)),
            epoch: 7,
            key_id: key.id(),
            tree_size: tree.size(),
            root: tree.root(),
            issued_at: NOW,
        };
        let signed = head.sign(&key);
        let mut proof = Vec::new();
        for index in 0..devices {
            proof = black_box(tree.proof(index));
        }
        times.push(start.elapsed());
        last = Some((signed, proof));
    }
    let (signed, proof) = last.context("at least one run")?;
    let leaf = leaf(devices.saturating_sub(1));
    let presented = Presented {
        epoch: leaf.epoch,
        key_id: leaf.key_id,
        task_guid: leaf.task_guid,
        task_id: leaf.task_id,
        push_id: leaf.push_id,
        task_type: leaf.task_type,
        param: String::new(),
        issued_at: leaf.issued_at,
        valid_until: leaf.valid_until,
        deliver_by: leaf.deliver_by,
        finish_within_seconds: leaf.finish_within_seconds,
        request_hash: leaf.request_hash,
        tree_size: devices,
        index: devices.saturating_sub(1),
        proof,
        signature: signed.signature,
    };
    Ok((Times::of(times), presented))
}

fn verify_tasks(presented: &Presented, runs: usize) -> anyhow::Result<Times> {
    let key = SigningKey::from_seed([2; 32]);
    let last = Uuid::from_u128(presented.index.into());
    let trust = TrustDocument {
        site: SiteId(Uuid::from_u128(1)),
        site_name: "Bench".to_owned(),
        version: 1,
        epoch: 7,
        issued_at: NOW,
        expires: Timestamp(NOW.0 + HOUR),
        root: key.verifying().hash(),
        ca: String::new(),
        task_keys: vec![key.verifying()],
        policy_keys: vec![key.verifying()],
        servers: Servers::default(),
        keep_alive_seconds: 240,
    };
    let verifier = TaskVerifier {
        site: trust.site,
        device: DeviceId(last),
        enrolment: EnrolmentId(last),
        trust: &trust,
        highest_epoch: 7,
        trusted_time: NOW,
    };
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        let task = presented.clone();
        let start = Instant::now();
        black_box(verifier.verify(task)?);
        times.push(start.elapsed());
    }
    Ok(Times::of(times))
}

/// Returns the most memory that this process has had, in KiB.
fn most_memory() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let line = line.context("the kernel does not say this process's memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
