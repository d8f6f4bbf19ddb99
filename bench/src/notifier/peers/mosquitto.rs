//! Mosquitto: one topic for each device, QoS 1 both ways.

use std::{net::SocketAddr, path::Path, sync::Arc};

use e2e::{Program, free_port};
use rustls::ClientConfig;

use super::{Admin, Hear, Numbers, Told, start, write};
use crate::notifier::{
    TASK_BYTES,
    certificates::ServerFiles,
    client::{
        Packets,
        mqtt::{Packet, acknowledge, connect, publish, subscribe},
    },
};

/// What the results say of its settings.
pub(in crate::notifier) const SETTINGS: &str = "TLS 1.3 with client certificates, persistence off, max_inflight_messages 0 and max_queued_messages 0 (no limits: the \
     admin's connection takes all answers), the rest as shipped";

/// A running broker.
pub(in crate::notifier) struct Mosquitto {
    pub(in crate::notifier) address: SocketAddr,
    pub(in crate::notifier) program: Program,
    admin: Admin<Ear>,
    numbers: Numbers,
}

impl Mosquitto {
    /// Starts it.
    pub(in crate::notifier) async fn start(
        folder: &Path,
        files: &ServerFiles,
        config: &Arc<ClientConfig>,
    ) -> anyhow::Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let path = folder.join("mosquitto.conf");
        let text = format!(
            "listener {} 127.0.0.1\ncertfile {}\nkeyfile {}\ncafile {}\nrequire_certificate true\n\
             use_identity_as_username false\nallow_anonymous true\ntls_version tlsv1.3\npersistence false\nlog_type error\n\
             max_inflight_messages 0\nmax_queued_messages 0\nmax_connections -1\nset_tcp_nodelay true\nuser root\n",
            address.port(),
            files.certificate.display(),
            files.key.display(),
            files.devices_ca.display(),
        );
        write(&path, &text)?;
        let program = start("mosquitto", folder, &["-c", &path.to_string_lossy()], address).await?;
        let mut opening = connect("admin");
        opening.extend(subscribe(1, "a/+"));
        let admin = Admin::connect(address, config, false, opening, Ear::default()).await?;
        Ok(Self { address, program, admin, numbers: Numbers::default() })
    }

    /// Pushes a task to each of `count` devices; returns how long it took until all have answered.
    pub(in crate::notifier) async fn push(&mut self, count: usize) -> anyhow::Result<std::time::Duration> {
        let content = vec![b't'; TASK_BYTES];
        let one = |device: usize| publish(self.numbers.next(), &format!("t/{device}"), &content);
        let messages = (0..count).map(one).collect();
        self.admin.push(messages, true).await
    }
}

/// What the admin hears.
#[derive(Default)]
struct Ear(Packets);

impl Hear for Ear {
    fn take(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> anyhow::Result<Told> {
        self.0.push(bytes);
        let mut told = Told::default();
        while let Some(packet) = self.0.next()? {
            match packet {
                Packet::Publish { number, .. } => {
                    out.extend(acknowledge(number));
                    told.answers += 1;
                }
                Packet::Published(_) => told.taken += 1,
                Packet::Subscribed => told.ready = true,
                Packet::Connected | Packet::Other => {}
            }
        }
        Ok(told)
    }
}
