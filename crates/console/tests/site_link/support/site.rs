//! A site that the test plays.

use std::net::SocketAddr;

use action::{DeviceId, Entry, Event, Hop, ResourceId, SiteId, TaskGuid};
use futures_util::{SinkExt as _, StreamExt as _};
use service::{clock, dice};
use site_link::{
    ATTACH_PATH, AttachCode, Device, DeviceBatch, LINK_PATH, Part, SiteSession, ToConsole, ToSite,
    attach::{AttachAnswer, AttachRequest},
    handshake::{Pinned, dial},
    keys::LinkKey,
};
use tokio::net::TcpStream;
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};
use uuid::Uuid;

use super::{Running, within};

pub(crate) struct Site {
    pub(crate) id: SiteId,
    pub(crate) seed: [u8; 32],
    pub(crate) pinned: Option<Pinned>,
}

/// The site's end of a link.
pub(crate) struct SiteLink {
    pub(crate) socket: WebSocketStream<TcpStream>,
    pub(crate) session: SiteSession,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self { id: SiteId(dice::uuid()), seed: dice::bytes(), pinned: None }
    }

    /// Makes a site and attaches it.
    pub(crate) async fn attached(console: &Running) -> Self {
        let mut site = Self::new();
        let code = console.code().await;
        let (status, body) = site.post(console.address, &site.request(&code)).await;
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        let answer = AttachAnswer::decode(&body).expect("an answer");
        answer.verify(&site.request(&code), &code).expect("genuine");
        site.pinned = Some(Pinned {
            tenant: code.tenant,
            site: site.id,
            console: answer.console,
            console_key: answer.key,
        });
        site
    }

    pub(crate) fn key(&self) -> LinkKey {
        LinkKey::from_seed(&self.seed)
    }

    pub(crate) fn request(&self, code: &AttachCode) -> AttachRequest {
        AttachRequest::new(code, self.id, "Delft", &self.key())
    }

    pub(crate) async fn post(&self, address: SocketAddr, request: &AttachRequest) -> (u16, Vec<u8>) {
        post(address, serde_json::to_vec(request).expect("plain")).await
    }

    /// Connects and proves the key; what the console has is heard already.
    pub(crate) async fn link(&self, console: &Running) -> SiteLink {
        self.try_link(console).await.expect("a link")
    }

    pub(crate) async fn try_link(&self, console: &Running) -> Result<SiteLink, String> {
        let stream = TcpStream::connect(console.address).await.map_err(|error| error.to_string())?;
        let url = format!("ws://{}{LINK_PATH}", console.address);
        let (mut socket, _) = client_async(url, stream).await.map_err(|error| error.to_string())?;
        let pinned = self.pinned.expect("attached");
        let (site, hello) = dial(&pinned, dice::bytes(), &dice::bytes().into());
        send(&mut socket, hello).await?;
        let welcome = next(&mut socket).await?;
        let (channel, proof) = site.on_message(&welcome, &self.key()).map_err(|reason| reason.to_string())?;
        send(&mut socket, proof).await?;
        let mut link = SiteLink { socket, session: SiteSession::new(channel, now()) };
        // The site goes on once it knows where the console is.
        loop {
            match link.try_hear().await? {
                ToSite::DevicesStored { .. } => return Ok(link),
                ToSite::Offboard => return Err("offboarded".into()),
                _ => {}
            }
        }
    }
}

impl SiteLink {
    pub(crate) async fn say(&mut self, message: &ToConsole) {
        let frame = self.session.send(message, now()).expect("small");
        send(&mut self.socket, frame).await.expect("the link holds");
    }

    pub(crate) async fn try_hear(&mut self) -> Result<ToSite, String> {
        let frame = next(&mut self.socket).await?;
        self.session.on_frame(&frame, now()).map_err(|reason| reason.to_string())
    }

    /// Returns the first thing that the console says and `wanted` takes.
    pub(crate) async fn hear_until<T>(
        &mut self,
        what: &'static str,
        wanted: impl Fn(&ToSite) -> Option<T>,
    ) -> T {
        let heard = async {
            loop {
                if let Some(taken) = wanted(&self.try_hear().await.expect("the link holds")) {
                    return taken;
                }
            }
        };
        within(what, heard).await
    }

    /// Waits for the request of an action.
    pub(crate) async fn request(&mut self) -> (TaskGuid, String) {
        let wanted = |message: &ToSite| match message {
            ToSite::Request { task_guid, request, .. } => Some((*task_guid, request.clone())),
            _ => None,
        };
        self.hear_until("a request", wanted).await
    }

    /// Waits for the end, and returns the close frame's reason.
    pub(crate) async fn end(&mut self) -> String {
        let ended = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Close(frame))) => {
                        return frame.map(|frame| frame.reason.to_string()).unwrap_or_default();
                    }
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return error.to_string(),
                    None => return "ended".to_owned(),
                }
            }
        };
        within("the end of the link", ended).await
    }

    /// Uploads one device, as all that the site has.
    pub(crate) async fn upload(&mut self, device: Device) {
        let start = DeviceBatch {
            seq: 0,
            part: Part::FullStart,
            devices: Vec::new(),
            removed: Vec::new(),
            checksum: None,
        };
        let end = DeviceBatch { seq: 1, part: Part::FullEnd, devices: vec![device], ..start.clone() };
        for batch in [start, end] {
            let seq = batch.seq;
            self.say(&ToConsole::Devices(batch)).await;
            self.hear_until("devices stored", |message| {
                (*message == ToSite::DevicesStored { seq }).then_some(())
            })
            .await;
        }
    }

    /// Reports events of an action, and waits until they are stored.
    pub(crate) async fn report(&mut self, upto: u64, task_guid: TaskGuid, events: &[(Hop, Event)]) {
        let entry = |(hop, event): &(Hop, Event)| Entry {
            task_guid,
            device: None,
            hop: *hop,
            at: clock::now(),
            event: event.clone(),
        };
        let entries = events.iter().map(entry).collect();
        self.say(&ToConsole::Events { upto, entries }).await;
        self.hear_until("events stored", |message| (*message == ToSite::EventsStored { upto }).then_some(()))
            .await;
    }
}

pub(crate) async fn post(address: SocketAddr, body: Vec<u8>) -> (u16, Vec<u8>) {
    let url = format!("http://{address}{ATTACH_PATH}");
    let response = reqwest::Client::new().post(url).body(body).send().await.expect("an answer");
    (response.status().as_u16(), response.bytes().await.expect("a body").to_vec())
}

pub(crate) fn device(number: u64) -> Device {
    Device {
        id: DeviceId(Uuid::from_u128(number.into())),
        resource: ResourceId(number),
        name: format!("kade-{number:02}"),
        os: "Debian".into(),
        os_version: "12".into(),
        architecture: "x86_64".into(),
        client_version: "0.1.0".into(),
        online: true,
        online_changed: clock::now(),
        enrolled: clock::now(),
        compliance: None,
        details: site_link::Details::default(),
        generation: 1,
        discovered: None,
    }
}

async fn send(socket: &mut WebSocketStream<TcpStream>, frame: Vec<u8>) -> Result<(), String> {
    socket.send(Message::Binary(frame.into())).await.map_err(|error| error.to_string())
}

async fn next(socket: &mut WebSocketStream<TcpStream>) -> Result<Vec<u8>, String> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Binary(frame))) => return Ok(frame.to_vec()),
            Some(Ok(Message::Close(frame))) => {
                return Err(frame.map(|frame| frame.reason.to_string()).unwrap_or_default());
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error.to_string()),
            None => return Err("ended".into()),
        }
    }
}

pub(crate) fn now() -> std::time::Instant {
    tokio::time::Instant::now().into_std()
}
