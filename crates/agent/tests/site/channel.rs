//! The notification server: hands each connection that signs in to the test, which decides every word.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{
        WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    routing::any,
};
use device_channel::{Inbox, Received, SignIn, SignInConfirm, ToAgent, ToServer};
use proof::SiteRole;
use service::{
    http::{Listener, serve as serve_http},
    log::{Component, ComponentLog},
    shutdown::Shutdown,
    tls::{ClientAuth, server_config},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::mpsc,
};
use tokio_rustls::TlsAcceptor;

use super::{Authority, Reach, within};

/// A device that has signed in.
pub struct Device {
    pub sign_in: SignIn,
    /// What came, one entry for each read.
    reads: mpsc::Receiver<Vec<u8>>,
    writes: mpsc::Sender<Vec<u8>>,
    inbox: Inbox<ToServer>,
    waiting: VecDeque<ToServer>,
}

pub async fn serve(
    socket: TcpListener,
    authority: Arc<Authority>,
    devices: mpsc::Sender<Device>,
    reach: Reach,
) {
    let (chain, key) = authority.server(&SiteRole::NotificationServer);
    let clients = ClientAuth::Required { ca_pem: authority.ca_pem() };
    let tls = server_config(&chain, &key, &clients).expect("a server");
    match reach {
        Reach::Tcp => {
            let acceptor = TlsAcceptor::from(tls);
            loop {
                let (tcp, _) = socket.accept().await.expect("accepted");
                let Ok(mut stream) = acceptor.accept(tcp).await else { continue };
                let (pipe, (mut writes, reads)) = pipes();
                tokio::spawn(admit(Arc::clone(&authority), pipe, devices.clone()));
                tokio::spawn(async move {
                    let mut buffer = vec![0; 64 << 10];
                    loop {
                        tokio::select! {
                            count = stream.read(&mut buffer) => match count {
                                Ok(0) | Err(_) => return,
                                Ok(count) => if reads.send(buffer[..count].to_vec()).await.is_err() { return },
                            },
                            bytes = writes.recv() => match bytes {
                                Some(bytes) => stream.write_all(&bytes).await.expect("written"),
                                None => { let _ = stream.shutdown().await; return }
                            },
                        }
                    }
                });
            }
        }
        Reach::WebSocket => {
            let router = Router::new().route(
                "/bgb",
                any(move |upgrade: WebSocketUpgrade| {
                    let (authority, devices) = (Arc::clone(&authority), devices.clone());
                    async move { upgrade.on_upgrade(move |socket| web(socket, authority, devices)) }
                }),
            );
            let (log, _lines) = ComponentLog::memory(Component::BGB_SERVER);
            serve_http(router, Listener::Tls(socket, tls), log, Shutdown::new()).await;
        }
    }
}

async fn web(mut socket: WebSocket, authority: Arc<Authority>, devices: mpsc::Sender<Device>) {
    let (pipe, (mut writes, reads)) = pipes();
    tokio::spawn(admit(authority, pipe, devices));
    loop {
        tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(Message::Binary(bytes))) => if reads.send(bytes.to_vec()).await.is_err() { return },
                Some(Ok(_)) => {}
                None | Some(Err(_)) => return,
            },
            bytes = writes.recv() => match bytes {
                Some(bytes) => socket.send(Message::Binary(bytes.into())).await.expect("written"),
                None => return,
            },
        }
    }
}

/// One end of a connection: what comes in, and what goes out.
type Pipe = (mpsc::Receiver<Vec<u8>>, mpsc::Sender<Vec<u8>>);

/// Makes the test's end of a connection, and the socket's.
fn pipes() -> (Pipe, Pipe) {
    let (reads, came) = mpsc::channel(16);
    let (says, writes) = mpsc::channel(16);
    ((came, says), (writes, reads))
}

/// Waits for the sign-in and takes it.
async fn admit(authority: Arc<Authority>, (mut reads, writes): Pipe, devices: mpsc::Sender<Device>) {
    let mut inbox = Inbox::<ToServer>::new();
    let sign_in = loop {
        if let Some(message) = inbox.next_message(Duration::ZERO).expect("valid frames") {
            let Received::Known(ToServer::SignIn(sign_in)) = message else { panic!("a sign-in comes first") };
            break sign_in;
        }
        let Some(bytes) = reads.recv().await else { return };
        inbox.push(&bytes);
    };
    let confirm =
        SignInConfirm { message_version: 1, keep_alive_seconds: 240, site_time: authority.site_time() };
    let _ = writes.send(ToAgent::SignInConfirm(confirm).frame()).await;
    let _ = devices.send(Device { sign_in, reads, writes, inbox, waiting: VecDeque::new() }).await;
}

impl Device {
    pub async fn say(&self, message: ToAgent) {
        self.writes.send(message.frame()).await.expect("the connection is open");
    }

    /// Returns the next message.
    pub async fn hear(&mut self) -> ToServer {
        loop {
            if let Some(message) = self.waiting.pop_front() {
                return message;
            }
            let write = self.hear_write().await;
            self.waiting.extend(write);
        }
    }

    /// Returns what came in one write.
    pub async fn hear_write(&mut self) -> Vec<ToServer> {
        let bytes = within(self.reads.recv()).await.expect("the connection is open");
        self.inbox.push(&bytes);
        let mut messages = Vec::new();
        while let Some(message) = self.inbox.next_message(Duration::ZERO).expect("valid frames") {
            if let Received::Known(message) = message {
                messages.push(message);
            }
        }
        messages
    }

    /// Returns the next answer, past receipts and progress.
    pub async fn answer(&mut self) -> device_channel::Response {
        loop {
            if let ToServer::Response(response) = self.hear().await {
                return response;
            }
        }
    }
}
