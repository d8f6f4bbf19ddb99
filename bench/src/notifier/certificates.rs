//! Certificates and the ends of TLS: the devices' own, which every server asks for, and those of the peers' servers.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use action::{DeviceId, EnrolmentId};
use rcgen::{CertificateParams, KeyPair, SanType};
use rustls::{
    ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject as _},
    sign::{CertifiedKey, SingleCertAndKey},
    version::TLS13,
};

/// Who a device is to the site.
#[derive(Clone)]
pub(super) struct Identity {
    pub(super) device: DeviceId,
    pub(super) enrolment: EnrolmentId,
    pub(super) certificate_pem: String,
    pub(super) key_pem: String,
}

/// Files of a peer's server: its certificate, its key, and the CA of the devices.
pub(super) struct ServerFiles {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
    pub(super) devices_ca: PathBuf,
}

impl ServerFiles {
    /// Makes them in a folder: a P-256 certificate, as Tenon's own servers have.
    pub(super) fn make(folder: &Path, devices_ca_pem: &str) -> anyhow::Result<Self> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
        params.subject_alt_names.push(SanType::IpAddress([127, 0, 0, 1].into()));
        let certificate = params.self_signed(&key)?;
        let files = Self {
            certificate: folder.join("server.pem"),
            key: folder.join("server.key"),
            devices_ca: folder.join("devices.pem"),
        };
        fs::write(&files.certificate, certificate.pem())?;
        fs::write(&files.key, key.serialize_pem())?;
        fs::write(&files.devices_ca, devices_ca_pem)?;
        Ok(files)
    }
}

/// Makes an end of TLS for each device, none of which has a session to resume yet.
///
/// None verifies the server: the load client shares the machine's cores with the server and is not what is measured; every
/// server verifies the devices.
pub(super) fn client_configs(identities: &[Identity]) -> anyhow::Result<Vec<Arc<ClientConfig>>> {
    let shared = unbelieving()?;
    let one = |identity: &Identity| {
        let own = CertificateDer::from_pem_slice(identity.certificate_pem.as_bytes())?;
        let key = PrivateKeyDer::from_pem_slice(identity.key_pem.as_bytes())?;
        let key = shared.crypto_provider().key_provider.load_private_key(key)?;
        let mut config = shared.clone();
        let own = CertifiedKey::new(vec![own], key);
        config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(own));
        config.resumption = Resumption::in_memory_sessions(2);
        Ok(Arc::new(config))
    };
    identities.iter().map(one).collect()
}

fn unbelieving() -> anyhow::Result<ClientConfig> {
    // The process's own provider, as Tenon's agents have it: AES-128 first.
    let provider = CryptoProvider::get_default().cloned();
    let provider = provider.ok_or_else(|| anyhow::anyhow!("no TLS provider is installed"))?;
    Ok(ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Unbelieving(provider)))
        .with_no_client_auth())
}

#[derive(Debug)]
struct Unbelieving(Arc<CryptoProvider>);

impl ServerCertVerifier for Unbelieving {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is not spoken".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
