//! The server's end of TLS.

use std::{sync::Arc, time::Duration};

use rustls::{
    ServerConfig, SupportedProtocolVersion,
    server::{NoServerSessionStorage, WebPkiClientVerifier, danger::ClientCertVerifier},
    version::{TLS12, TLS13},
};

use super::{ClientVerifier, ServerCertificate, TlsError, provider, roots, verify::Lenient};

/// What a server asks of its clients' certificates. All are verified against the CA's, with `clientAuth` usage.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ClientAuth {
    /// Asks for none.
    None,
    /// Refuses who has none.
    Required {
        /// The CA's certificates, PEM.
        ca_pem: String,
    },
    /// Takes who has none; what is shown must be valid.
    Optional {
        /// The CA's certificates, PEM.
        ca_pem: String,
    },
    /// As `Optional`, and takes a certificate for a while after its end, so that a device which was switched off can
    /// renew. Who serves looks at the end of validity itself, and allows such a device nothing else.
    OptionalExpired {
        /// The CA's certificates, PEM.
        ca_pem: String,
        /// How long after its end.
        grace: Duration,
    },
}

impl ClientAuth {
    /// Returns the same, of other CAs.
    pub(super) fn with(&self, ca_pem: &str) -> Self {
        let ca_pem = ca_pem.to_owned();
        match self {
            ClientAuth::None => ClientAuth::None,
            ClientAuth::Required { .. } => ClientAuth::Required { ca_pem },
            ClientAuth::Optional { .. } => ClientAuth::Optional { ca_pem },
            ClientAuth::OptionalExpired { grace, .. } => {
                ClientAuth::OptionalExpired { ca_pem, grace: *grace }
            }
        }
    }
}

/// Makes the server's end of a wire of the site: TLS 1.3.
pub fn server_config(
    chain_pem: &str,
    key_pem: &str,
    clients: &ClientAuth,
) -> Result<Arc<ServerConfig>, TlsError> {
    let clients = ClientVerifier::new(clients.clone())?;
    server_config_with(ServerCertificate::new(chain_pem, key_pem)?, clients)
}

/// Makes the server's end of a wire of the site with a certificate and a verifier of clients that can be replaced: TLS 1.3.
pub fn server_config_with(
    certificate: Arc<ServerCertificate>,
    clients: Arc<ClientVerifier>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = config(certificate, Some(clients), &[&TLS13])?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // A resumed session verifies nothing again, and a ticket must not outlive the certificate that it stands for.
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(Arc::new(config))
}

/// Makes the server's end for browsers and scripts: TLS 1.2 or 1.3, HTTP/2 where the client has it.
pub fn web_server_config(certificate: Arc<ServerCertificate>) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = config(certificate, None, &[&TLS13, &TLS12])?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn config(
    certificate: Arc<ServerCertificate>,
    clients: Option<Arc<ClientVerifier>>,
    versions: &[&'static SupportedProtocolVersion],
) -> Result<ServerConfig, TlsError> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(versions)
        .map_err(|source| TlsError::NotUsable { what: "TLS 1.3", source })?;
    let builder = match clients {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_cert_resolver(certificate);
    // Else clients, which all put AES-256 first, would undo the order of the suites.
    config.ignore_client_order = true;
    Ok(config)
}

pub(super) fn verifier(clients: &ClientAuth) -> Result<Option<Arc<dyn ClientCertVerifier>>, TlsError> {
    let build = |ca_pem: &str, optional: bool| {
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots(ca_pem)?), provider());
        let builder = if optional { builder.allow_unauthenticated() } else { builder };
        builder.build().map_err(TlsError::Verifier)
    };
    Ok(match clients {
        ClientAuth::None => None,
        ClientAuth::Required { ca_pem } => Some(build(ca_pem, false)?),
        ClientAuth::Optional { ca_pem } => Some(build(ca_pem, true)?),
        ClientAuth::OptionalExpired { ca_pem, grace } => {
            Some(Arc::new(Lenient { strict: build(ca_pem, true)?, grace: *grace }))
        }
    })
}
