//! An agent's connections: TLS as an agent makes it, HTTP by hand, so that a test can misbehave at each step.

use std::{io, net::SocketAddr, sync::Arc};

use http::{Request, Response};
use management_link::{
    Answer, Call, Discovery, EnrolRequest, Route,
    client::{self, NoAnswer},
};
use rustls::{ClientConfig, pki_types::ServerName};
use service::tls;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{Ca, Identity, SECRET, TOKEN};

/// Where a management point is, whom to trust, and who to be.
pub(crate) struct Agent {
    address: SocketAddr,
    name: ServerName<'static>,
    config: Arc<ClientConfig>,
}

/// A connection that stands.
pub(crate) struct Connection(BufReader<TlsStream<TcpStream>>);

impl Agent {
    pub(crate) fn new(address: SocketAddr, ca: &Ca, identity: Option<&Identity>) -> Self {
        let name = format!("management-point.{}.tenon.internal", ca.site).try_into().expect("a name");
        let own = identity.map(|identity| (identity.chain.as_str(), identity.key.as_str()));
        Self { address, name, config: tls::client_config(&ca.pem, own).expect("a client") }
    }

    pub(crate) async fn connect(&self) -> io::Result<Connection> {
        let stream = TcpStream::connect(self.address).await?;
        let stream = TlsConnector::from(Arc::clone(&self.config)).connect(self.name.clone(), stream).await?;
        Ok(Connection(BufReader::new(stream)))
    }

    /// Makes a call on a connection of its own.
    pub(crate) async fn call(&self, call: &Call) -> Result<Answer, NoAnswer> {
        self.connect().await.expect("a connection").call(call).await.expect("a response")
    }

    /// Enrols with the site's join token; returns the device's certificate.
    pub(crate) async fn enrol(&self, name: &str) -> Result<Identity, NoAnswer> {
        self.enrol_with(name, TOKEN, SECRET).await
    }

    pub(crate) async fn enrol_with(
        &self,
        name: &str,
        token: &str,
        secret: &str,
    ) -> Result<Identity, NoAnswer> {
        let fresh = tls::key_and_csr().expect("a key");
        let request = EnrolRequest {
            token: token.to_owned(),
            secret: secret.to_owned(),
            csr: fresh.csr_pem,
            discovery: Discovery { name: name.to_owned(), ..Discovery::default() },
        };
        match self.call(&Call::Enrol(request)).await? {
            Answer::Enrolled(answer) => Ok(Identity {
                device: answer.device,
                enrolment: answer.enrolment,
                chain: answer.chain,
                key: fresh.key_pem,
            }),
            other => panic!("not an enrolment: {other:?}"),
        }
    }
}

impl Connection {
    pub(crate) async fn call(&mut self, call: &Call) -> io::Result<Result<Answer, NoAnswer>> {
        self.send(&client::request(call)).await?;
        let response = self.response().await?;
        Ok(client::read(call.route(), &response))
    }

    async fn send(&mut self, request: &Request<Vec<u8>>) -> io::Result<()> {
        let mut head = format!("{} {} HTTP/1.1\r\nhost: mp\r\n", request.method(), request.uri());
        for (name, value) in request.headers() {
            head.push_str(&format!("{name}: {}\r\n", value.to_str().expect("ASCII")));
        }
        self.write(format!("{head}\r\n").as_bytes()).await?;
        self.write(request.body()).await
    }

    /// Writes bytes as they are.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes).await?;
        self.0.flush().await
    }

    /// Reads a response and its body.
    pub(crate) async fn response(&mut self) -> io::Result<Response<Vec<u8>>> {
        let cut = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let mut status = String::new();
        self.0.read_line(&mut status).await?;
        let code = status.split(' ').nth(1).ok_or_else(cut)?.to_owned();
        let mut response = Response::builder().status(code.as_str());
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            if name == "content-length" {
                length = value.parse().expect("a length");
            }
            response = response.header(name, value);
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await?;
        Ok(response.body(body).expect("a response"))
    }

    /// Reads a response to bytes that were written by hand, as one to a call at `route`.
    pub(crate) async fn answer(&mut self, route: Route) -> io::Result<Result<Answer, NoAnswer>> {
        Ok(client::read(route, &self.response().await?))
    }
}
