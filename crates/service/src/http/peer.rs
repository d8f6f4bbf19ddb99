//! Who is at the other end of a request's connection.

use std::{net::SocketAddr, sync::Arc};

use rustls::pki_types::CertificateDer;

/// The address of the other end: the client's, or that of the proxy in between.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PeerAddress(pub SocketAddr);

/// The certificates that the client showed and that were verified, its own first.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PeerCertificates(pub Arc<[CertificateDer<'static>]>);
