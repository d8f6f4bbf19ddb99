//! nats-server: one subject for each device; without storage, with a JetStream stream on files, and with a durable consumer
//! for each device.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use e2e::{Program, free_port};
use rustls::ClientConfig;

use super::{Admin, Hear, Told, start, write};
use crate::notifier::{
    TASK_BYTES,
    certificates::ServerFiles,
    client::{
        Words,
        nats::{CONNECT, Word, publish},
    },
};

/// What the results say of its settings.
pub(in crate::notifier) const SETTINGS: &str = "TLS 1.3 with client certificates (verify: true), max_pending 256 MiB (the admin's connection takes all answers), \
     JetStream with file storage and sync_interval as shipped (2 minutes), the rest as shipped";

/// How tasks are kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::notifier) enum Storage {
    /// Not at all.
    None,
    /// Tasks and answers in one stream on files; devices hear tasks by a plain subscription.
    Stream,
    /// The same, and each device has a durable consumer that delivers its tasks until it acknowledges them.
    Consumers,
}

/// A running server.
pub(in crate::notifier) struct NatsServer {
    pub(in crate::notifier) address: SocketAddr,
    pub(in crate::notifier) program: Program,
    admin: Admin<Ear>,
    storage: Storage,
}

impl NatsServer {
    /// Starts it.
    pub(in crate::notifier) async fn start(
        folder: &Path,
        files: &ServerFiles,
        config: &Arc<ClientConfig>,
        storage: Storage,
    ) -> anyhow::Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let path = folder.join("nats.conf");
        let jetstream = match storage {
            Storage::None => String::new(),
            Storage::Stream | Storage::Consumers => {
                format!(
                    "jetstream {{ store_dir: \"{}\", max_file: 8GB }}\n",
                    folder.join("jetstream").display()
                )
            }
        };
        let text = format!(
            "listen: \"{address}\"\nmax_connections: 100000\nmax_pending: 256MB\n{jetstream}\
             tls {{ cert_file: \"{}\", key_file: \"{}\", ca_file: \"{}\", verify: true, timeout: 30 }}\n",
            files.certificate.display(),
            files.key.display(),
            files.devices_ca.display(),
        );
        write(&path, &text)?;
        let program = start("nats-server", folder, &["-c", &path.to_string_lossy()], address).await?;
        let opening = format!("{CONNECT}SUB a.* 1\r\nSUB taken 2\r\nSUB made 3\r\nPING\r\n");
        let mut admin = Admin::connect(address, config, true, opening.into_bytes(), Ear::default()).await?;
        if storage != Storage::None {
            let stream = "{\"name\":\"T\",\"subjects\":[\"t.*\",\"a.*\"],\"storage\":\"file\",\"retention\":\"limits\",\
                          \"max_consumers\":-1,\"max_msgs\":-1,\"max_bytes\":-1,\"max_age\":0,\"num_replicas\":1}";
            admin.ask(publish("$JS.API.STREAM.CREATE.T", Some("made"), stream).into_bytes()).await?;
        }
        Ok(Self { address, program, admin, storage })
    }

    /// Makes a durable consumer for each of `count` devices.
    pub(in crate::notifier) async fn make_consumers(&mut self, count: usize) -> anyhow::Result<()> {
        for device in 0..count {
            let consumer = format!(
                "{{\"stream_name\":\"T\",\"config\":{{\"durable_name\":\"d{device}\",\"deliver_subject\":\"d.{device}\",\
                 \"filter_subject\":\"t.{device}\",\"deliver_policy\":\"all\",\"ack_policy\":\"explicit\",\
                 \"replay_policy\":\"instant\"}}}}"
            );
            let subject = format!("$JS.API.CONSUMER.DURABLE.CREATE.T.d{device}");
            self.admin.ask(publish(&subject, Some("made"), &consumer).into_bytes()).await?;
        }
        Ok(())
    }

    /// Pushes a task to each of `count` devices; returns how long it took until all have answered.
    pub(in crate::notifier) async fn push(&mut self, count: usize) -> anyhow::Result<Duration> {
        let content = "t".repeat(TASK_BYTES);
        let reply = (self.storage != Storage::None).then_some("taken");
        let one = |device: usize| publish(&format!("t.{device}"), reply, &content).into_bytes();
        let messages = (0..count).map(one).collect();
        self.admin.push(messages, reply.is_some()).await
    }
}

/// What the admin hears.
#[derive(Default)]
struct Ear(Words);

impl Hear for Ear {
    fn take(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> anyhow::Result<Told> {
        self.0.push(bytes);
        let mut told = Told::default();
        while let Some(word) = self.0.next()? {
            match word {
                Word::Message { subject, content, .. } => match subject.as_str() {
                    "taken" => told.taken += 1,
                    "made" => {
                        let text = String::from_utf8_lossy(&content);
                        anyhow::ensure!(!text.contains("\"error\""), "JetStream refused: {text}");
                        told.ready = true;
                    }
                    _ => told.answers += 1,
                },
                Word::Ping => out.extend_from_slice(b"PONG\r\n"),
                Word::Pong => told.ready = true,
                Word::Other => {}
            }
        }
        Ok(told)
    }
}
