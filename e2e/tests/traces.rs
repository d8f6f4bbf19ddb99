//! One trace for one action with a span for each hop, as OpenTelemetry's own messages read it.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use action::{ActionKind, State, TaskGuid};
use e2e::{World, WorldOptions};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::mpsc,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_action_is_one_trace_over_all_hops_and_a_collector_can_read_it() {
    let (endpoint, mut bodies) = collector().await;
    let world = World::start(WorldOptions { traces: Some((endpoint, 1.0)), ..WorldOptions::default() }).await;
    let _agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    let done = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    assert_eq!(world.ended(done).await.state, State::Done);
    let failed = world.ask(ActionKind(4711), &device).await;
    world.ended(failed).await;

    let mut spans: Vec<Value> = Vec::new();
    while !has(&spans, done) || !has(&spans, failed) {
        let body = bodies.recv().await.expect("the collector listens");
        spans.extend(read(&body));
    }
    let of_done: Vec<_> = spans.iter().filter(|span| is_of(span, done)).collect();
    let root = of_done.iter().find(|span| span["parent"] == "").expect("a root");
    assert!(of_done.iter().all(|span| span["parent"] == "" || span["parent"] == root["span"]), "{of_done:?}");
    let names = of_done.iter().map(|span| span.to_string()).collect::<String>();
    for hop in ["service_connector", "authority", "notification_server", "agent"] {
        assert!(names.contains(hop), "no span of {hop}: {names}");
    }
    assert_ne!(root["status"], 2, "{root}");
    let of_failed = spans.iter().find(|span| is_of(span, failed) && span["parent"] == "").expect("a root");
    assert_eq!(of_failed["status"], 2, "what did not end as done is an error: {of_failed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_handed_on_of_a_share_of_none() {
    let (endpoint, mut bodies) = collector().await;
    let world = World::start(WorldOptions { traces: Some((endpoint, 0.0)), ..WorldOptions::default() }).await;
    let _agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    let task_guid = world.ask(ActionKind::PROBE, &device).await;
    assert_eq!(world.ended(task_guid).await.state, State::Done);
    // Longer than ended actions are gathered for.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert!(bodies.try_recv().is_err());
}

fn is_of(span: &Value, task_guid: TaskGuid) -> bool {
    span["trace"] == task_guid.0.simple().to_string()
}

fn has(spans: &[Value], task_guid: TaskGuid) -> bool {
    spans.iter().any(|span| is_of(span, task_guid))
}

/// Takes requests to `/v1/traces` and answers that they are taken; returns its address and the bodies.
async fn collector() -> (String, mpsc::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://{}/v1/traces", listener.local_addr().expect("bound"));
    let (sender, bodies) = mpsc::channel(64);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.expect("accepts");
            let sender = sender.clone();
            tokio::spawn(async move {
                let mut bytes = Vec::new();
                loop {
                    while let Some((head, length)) = whole(&bytes) {
                        let request: Vec<u8> = bytes.drain(..head + length).collect();
                        let text = String::from_utf8_lossy(&request[..head]).to_lowercase();
                        assert!(text.starts_with("post /v1/traces "), "{text}");
                        assert!(text.contains("content-type: application/x-protobuf"), "{text}");
                        sender.send(request[head..].to_vec()).await.expect("the story listens");
                        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
                        stream.write_all(answer).await.expect("written");
                    }
                    let mut more = [0; 16 << 10];
                    match stream.read(&mut more).await {
                        Ok(0) | Err(_) => return,
                        Ok(read) => bytes.extend(&more[..read]),
                    }
                }
            });
        }
    });
    (endpoint, bodies)
}

/// Returns the lengths of head and body of a request that is there whole.
fn whole(bytes: &[u8]) -> Option<(usize, usize)> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    let length: usize = length.trim().parse().ok()?;
    (bytes.len() >= head + length).then_some((head, length))
}

/// Reads a body with the messages of the package `opentelemetry-proto`, which `cargo xtask test` has installed.
fn read(body: &[u8]) -> Vec<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let installed = root.join("target/collector/bin/python3");
    let python = if installed.exists() { installed } else { "python3".into() };
    let mut child = Command::new(python)
        .arg(root.join("e2e/collector/read_traces.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python starts");
    child.stdin.take().expect("piped").write_all(body).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}
