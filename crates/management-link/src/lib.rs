//! The wire between an agent and its site's management point: paths, bodies and limits of HTTPS calls.

mod body;

pub use body::*;

/// Where the management point answers, each path with its method.
pub mod path {
    /// GET: the site's trust document, signed. Needs no client certificate.
    pub const TRUST: &str = "/mp/v1/trust";
    /// POST `EnrolRequest` → `EnrolAnswer`. Needs no client certificate.
    pub const ENROL: &str = "/mp/v1/enrol";
    /// POST `RenewRequest` → `EnrolAnswer`.
    pub const RENEW: &str = "/mp/v1/renew";
    /// GET: the device's manifest, signed.
    pub const MANIFEST: &str = "/mp/v1/manifest";
    /// GET: a policy document by its SHA-256 (`/mp/v1/document/{sha256}`).
    pub const DOCUMENT: &str = "/mp/v1/document";
    /// POST `StateMessage` → 204.
    pub const STATE: &str = "/mp/v1/state";
    /// GET: the site's signed time.
    pub const TIME: &str = "/mp/v1/time";
    /// GET upgrade: the device channel in binary WebSocket messages, served by the notification server.
    pub const CHANNEL: &str = "/bgb";
}

/// The largest body that either end takes.
pub const LARGEST_BODY: usize = 64 << 10;
/// The largest policy document.
pub const LARGEST_DOCUMENT: usize = 1 << 20;
