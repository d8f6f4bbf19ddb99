//! What the management point answers: paths, methods, who may call, how large bodies may be.

use http::Method;

use crate::{LARGEST_BODY, LARGEST_DOCUMENT, LARGEST_RANGE, LARGEST_SIGNED_TEXT};

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
    /// GET with a `Range`: a part of a content file by its SHA-256 (`/mp/v1/content/{sha256}`).
    pub const CONTENT: &str = "/mp/v1/content";
    /// POST `StateMessage` → 204.
    pub const STATE: &str = "/mp/v1/state";
    /// GET: the site's signed time.
    pub const TIME: &str = "/mp/v1/time";
    /// GET upgrade: the device channel in binary WebSocket messages, served by the notification server.
    pub const CHANNEL: &str = "/bgb";
}

/// A call's place on the wire.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Route {
    /// [`path::TRUST`]
    Trust,
    /// [`path::ENROL`]
    Enrol,
    /// [`path::RENEW`]
    Renew,
    /// [`path::MANIFEST`]
    Manifest,
    /// [`path::DOCUMENT`], followed by the hash.
    Document,
    /// [`path::CONTENT`], followed by the hash.
    Content,
    /// [`path::STATE`]
    State,
    /// [`path::TIME`]
    Time,
}

/// Who may make a call.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Caller {
    /// Anyone, with or without a certificate.
    Anyone,
    /// An enrolled device, by its certificate.
    Device,
    /// An enrolled device, also when its certificate has ended, within the site's grace.
    DeviceEvenExpired,
}

impl Route {
    /// All routes, in the order in which an agent meets them.
    pub const ALL: [Route; 8] = [
        Route::Trust,
        Route::Enrol,
        Route::Renew,
        Route::Manifest,
        Route::Document,
        Route::Content,
        Route::State,
        Route::Time,
    ];

    /// Returns the path; that of a document or a content file goes on with its hash.
    pub fn path(self) -> &'static str {
        match self {
            Route::Trust => path::TRUST,
            Route::Enrol => path::ENROL,
            Route::Renew => path::RENEW,
            Route::Manifest => path::MANIFEST,
            Route::Document => path::DOCUMENT,
            Route::Content => path::CONTENT,
            Route::State => path::STATE,
            Route::Time => path::TIME,
        }
    }

    /// Returns the route's name, for counters.
    pub fn name(self) -> &'static str {
        match self {
            Route::Trust => "trust",
            Route::Enrol => "enrol",
            Route::Renew => "renew",
            Route::Manifest => "manifest",
            Route::Document => "document",
            Route::Content => "content",
            Route::State => "state",
            Route::Time => "time",
        }
    }

    /// Returns the method.
    pub fn method(self) -> Method {
        match self {
            Route::Enrol | Route::Renew | Route::State => Method::POST,
            Route::Trust | Route::Manifest | Route::Document | Route::Content | Route::Time => Method::GET,
        }
    }

    /// Returns who may call.
    pub fn caller(self) -> Caller {
        match self {
            Route::Trust | Route::Enrol => Caller::Anyone,
            Route::Renew => Caller::DeviceEvenExpired,
            Route::Manifest | Route::Document | Route::Content | Route::State | Route::Time => Caller::Device,
        }
    }

    /// Returns the most bytes that a body of this call may have.
    pub fn largest_body(self) -> usize {
        match self {
            Route::Enrol | Route::Renew | Route::State => LARGEST_BODY,
            Route::Trust | Route::Manifest | Route::Document | Route::Content | Route::Time => 0,
        }
    }

    /// Returns the most bytes that an answer to this call may have.
    pub fn largest_answer(self) -> usize {
        match self {
            Route::Trust | Route::Enrol | Route::Renew | Route::Manifest => LARGEST_SIGNED_TEXT,
            Route::Document => LARGEST_DOCUMENT,
            Route::Content => LARGEST_RANGE,
            Route::State | Route::Time => LARGEST_BODY,
        }
    }
}
