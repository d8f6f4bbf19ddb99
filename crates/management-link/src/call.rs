//! Calls and their answers, as both ends hold them.

use crate::{ByteRange, EnrolAnswer, EnrolRequest, Part, RenewRequest, Route, StateMessage};

/// What an agent asks of its management point.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Call {
    /// The site's trust document. Answer: `Trust`.
    Trust,
    /// To be admitted, with a join token. Answer: `Enrolled`.
    Enrol(EnrolRequest),
    /// A new certificate. Answer: `Enrolled`.
    Renew(RenewRequest),
    /// The device's manifest. Answer: `Manifest`.
    Manifest,
    /// A policy document. Answer: `Document`.
    Document {
        /// SHA-256 of the document.
        sha256: [u8; 32],
    },
    /// A part of a content file. Answer: `Content`.
    Content {
        /// SHA-256 of the file.
        sha256: [u8; 32],
        /// Which part.
        range: ByteRange,
    },
    /// To keep what the device says of itself. Answer: `Stored`.
    State(StateMessage),
    /// The site's time. Answer: `Time`.
    Time,
}

/// What the management point answers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// The site's trust document, signed, as text.
    Trust(String),
    /// The device was admitted or renewed.
    Enrolled(EnrolAnswer),
    /// The device's manifest, signed, as text.
    Manifest(String),
    /// The document. Whoever asked compares its hash.
    Document(Vec<u8>),
    /// A part of a content file. Whoever asked compares the hash of the whole.
    Content(Part),
    /// It is stored.
    Stored,
    /// The site's time, signed, as text.
    Time(String),
}

impl Call {
    /// Returns the call's place on the wire.
    pub fn route(&self) -> Route {
        match self {
            Call::Trust => Route::Trust,
            Call::Enrol(_) => Route::Enrol,
            Call::Renew(_) => Route::Renew,
            Call::Manifest => Route::Manifest,
            Call::Document { .. } => Route::Document,
            Call::Content { .. } => Route::Content,
            Call::State(_) => Route::State,
            Call::Time => Route::Time,
        }
    }
}
