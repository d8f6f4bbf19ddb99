//! `tenon proxy`: an address of this machine that takes the calls of Microsoft Graph from callers who cannot sign, and signs
//! them with a service key.
//!
//! Whoever calls must show the proxy's own secret. Reads are handed to the console as they are; what asks for an action
//! is drafted by the console, compared and signed here, and decided by the site, within the limits of the key.

mod graph;
mod refused;

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use service::{
    http::{self, Listener},
    log::{Component, ComponentLog, LogSettings},
    shutdown::Shutdown,
    tls::{self, CertificateFiles},
};
use tokio::net::TcpListener;

use crate::{
    exit::{self, Stop},
    files, print,
    session::ConsoleOptions,
};

/// `tenon proxy`.
#[derive(Debug, clap::Args)]
pub(crate) struct Proxy {
    #[command(flatten)]
    console: ConsoleOptions,
    /// The address to answer at: one of this machine
    #[arg(long, default_value = "127.0.0.1:8790")]
    listen: SocketAddr,
    /// The file with the secret that callers show as their token; made where it is not there
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// A certificate for the address, PEM: Microsoft's own client sends its token over https only
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// The certificate's key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
}

/// The shortest secret that a file may hold, in letters.
const SHORTEST_SECRET: usize = 32;

/// Answers until it is told to end.
pub(crate) async fn run(proxy: Proxy) -> anyhow::Result<()> {
    if !proxy.listen.ip().is_loopback() {
        return Err(Stop::error(
            exit::USAGE,
            format!("{} is not an address of this machine alone", proxy.listen),
            "use 127.0.0.1: whoever reaches the proxy asks with your key",
        ));
    }
    let client = proxy.console.client()?;
    let folder = files::configuration_folder()?;
    files::private_folder(&folder)?;
    let path = proxy.secret_file.unwrap_or_else(|| folder.join("proxy-secret"));
    let secret = secret(&path)?;
    let logs = folder.join("logs");
    files::private_folder(&logs)?;
    let log = ComponentLog::open(&LogSettings::new(logs), Component::GRAPH_PROXY)?;
    let listener = TcpListener::bind(proxy.listen)
        .await
        .with_context(|| format!("failed to listen on {}", proxy.listen))?;
    let address = listener.local_addr().context("failed to listen")?;
    let (listener, scheme) = match (&proxy.tls_certificate, &proxy.tls_key) {
        (Some(chain), Some(key)) => {
            let files = CertificateFiles::load(chain, key).context("failed to use the certificate")?;
            let config =
                tls::web_server_config(files.certificate()).context("failed to use the certificate")?;
            (Listener::Tls(listener, config), "https")
        }
        _ => (Listener::Plain(listener), "http"),
    };
    let shutdown = Shutdown::on_signals().context("failed to listen for signals")?;
    let desk =
        graph::Desk { client, secret, base: format!("{scheme}://{address}"), folder, log: log.clone() };
    print::line(&format!("Microsoft Graph answers at {scheme}://{address}/v1.0"))?;
    print::line(&format!("the token of its callers is in {}", path.display()))?;
    http::serve(graph::router(Arc::new(desk)), listener, log, shutdown).await;
    Ok(())
}

/// Reads the secret, or makes one.
fn secret(path: &std::path::Path) -> anyhow::Result<String> {
    match std::fs::read_to_string(path) {
        Ok(text) if text.trim().len() >= SHORTEST_SECRET => Ok(text.trim().to_owned()),
        Ok(_) => Err(Stop::error(
            exit::CONFIG,
            format!("the secret in {} has fewer than {SHORTEST_SECRET} letters", path.display()),
            "remove the file: a new secret is made",
        )),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let secret = proof::Hash(service::dice::bytes()).hex();
            files::write_private(path, secret.as_bytes())?;
            Ok(secret)
        }
        Err(error) => Err(error).with_context(|| format!("failed to read {}", path.display())),
    }
}
