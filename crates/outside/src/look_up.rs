//! Names are looked up at the moment of dialling, so that a name cannot change between a look and the call.

use std::{
    fmt,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::{OutsideError, address::is_public, fetch::short};

/// The addresses of a name, once they are found.
pub type Addresses = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of a name.
pub trait LookUp: fmt::Debug + Send + Sync {
    /// Returns the addresses of `host`.
    fn look_up(&self, host: String) -> Addresses;
}

/// The names that this machine knows.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemNames;

impl LookUp for SystemNames {
    fn look_up(&self, host: String) -> Addresses {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Hands the client what may be dialled of a name's addresses.
#[derive(Debug)]
pub(crate) struct Dialled {
    pub(crate) names: Arc<dyn LookUp>,
    pub(crate) private_addresses: bool,
}

impl Resolve for Dialled {
    fn resolve(&self, name: Name) -> Resolving {
        let (host, all) = (name.as_str().to_owned(), self.private_addresses);
        let found = self.names.look_up(host.clone());
        Box::pin(async move {
            let mut addresses = found.await?;
            addresses.retain(|address| all || is_public(*address));
            if addresses.is_empty() {
                return Err(Box::new(OutsideError::NotDialled { host: short(&host) }).into());
            }
            Ok(Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}
