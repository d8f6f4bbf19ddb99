//! What is signed: how it is written down, hashed, signed and verified.
//!
//! Both sides of a signature use this crate, and the bytes that are signed exist nowhere else. A site comes to know a
//! person's key by [`pairing`], or by a [`key_binding`] that a token of their identity provider proves; with it they sign a [`request`] ([`signed_request`]), which carries the site's newest
//! [`site_nonce`]; a second person approves it with an [`approval`], where the site asks for one. The site authority answers it with a [`leaf`] for each device, a [`tree`] over them and one signature on
//! its root ([`push`]); the agent checks what reaches it in [`task`]. A device learns whom to believe from a
//! [`join_token`] and a [`trust_document`], which policies it has from a [`manifest`], and what time it is from
//! [`site_time`]; who is who in certificates is in [`role`]. What was done stands in an
//! [`audit`], of which the other side of a link keeps the hashes as a [`witness`].
//!
//! Nothing here reads a clock, throws dice or does I/O.

mod canonical;
mod encoding;
mod fields;
mod hash;
mod keys;
mod signed_text;
mod level;
mod jws;
mod person;
mod commitment;
mod person_key;

pub mod pairing;
pub mod key_binding;
pub mod site_nonce;
pub mod request;
pub mod signed_request;
pub mod approval;
pub mod leaf;
pub mod tree;
pub mod push;
pub mod task;
pub mod site_time;
pub mod audit_head;
pub mod manifest;
pub mod trust_document;
pub mod join_token;
pub mod role;
pub mod audit;
pub mod witness;

pub use approval::{Approval, NotAnApproval};
pub use audit_head::AuditHead;
pub use canonical::NotCanonical;
pub use commitment::Commitment;
pub use encoding::NotEncoded;
pub use hash::{Hash, Hasher};
pub use join_token::JoinToken;
pub use jws::NotAJws;
pub use keys::{KeyId, Signature, SignatureNotValid, SigningKey, VerifyingKey};
pub use leaf::TaskLeaf;
pub use level::{Level, NotALevel};
pub use manifest::{Intent, Manifest, ManifestDeployment, ManifestPolicy};
pub use person::person_of;
pub use person_key::{NotAPersonKey, PersonKey, PersonSignature, PersonSigningKey, Thumbprint};
pub use push::{PushHead, SignedPush};
pub use request::Request;
pub use role::SiteRole;
pub use signed_request::{NotASignedRequest, SignedRequest};
pub use signed_text::NotSigned;
pub use site_nonce::{NonceKey, SiteNonce};
pub use site_time::SignedTime;
pub use task::{Presented, TaskVerifier, VerifiedTask};
pub use tree::MerkleTree;
pub use trust_document::{Servers, TrustDocument, Trusted};
