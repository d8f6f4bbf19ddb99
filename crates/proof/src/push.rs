//! The signature on a push: one for all its devices.

use action::{SiteId, Timestamp};

use crate::{Hash, KeyId, Signature, SignatureNotValid, SigningKey, VerifyingKey, fields::Fields};

/// What is signed of a push: the root of the tree over its leaves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PushHead {
    /// The site.
    pub site: SiteId,
    /// The site's epoch.
    pub epoch: u64,
    /// The task key that signs.
    pub key_id: KeyId,
    /// How many devices are in the push.
    pub tree_size: u64,
    /// The root of the tree.
    pub root: Hash,
    /// When it was signed; the same moment as in the leaves.
    pub issued_at: Timestamp,
}

/// A push with its signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SignedPush {
    /// What is signed.
    pub head: PushHead,
    /// The task key's signature.
    pub signature: Signature,
}

/// Bytes that are no signed push.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{length} bytes are no signed push, which has {}", SignedPush::LENGTH)]
pub struct NotAPush {
    length: usize,
}

impl PushHead {
    /// Signs the push. The key must be the one that the head and its leaves name.
    pub fn sign(self, key: &SigningKey) -> SignedPush {
        SignedPush { head: self, signature: key.sign(&self.signed_bytes()) }
    }

    fn signed_bytes(&self) -> Vec<u8> {
        Fields::of("tenon/push/1")
            .uuid(self.site.0)
            .number(self.epoch)
            .bytes(&self.key_id.0)
            .number(self.tree_size)
            .bytes(&self.root.0)
            .time(self.issued_at)
            .into_bytes()
    }
}

impl SignedPush {
    /// The bytes of a signed push.
    pub const LENGTH: usize = 16 + 8 + 8 + 8 + 32 + 8 + 64;

    /// Verifies the signature.
    ///
    /// # Errors
    ///
    /// Says that the signature is not that of `key`.
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), SignatureNotValid> {
        key.verify(&self.head.signed_bytes(), &self.signature)
    }

    /// Returns its bytes: the members one after the other, each of fixed length.
    pub fn encode(&self) -> Vec<u8> {
        let PushHead { site, epoch, key_id, tree_size, root, issued_at } = &self.head;
        let mut bytes = Vec::with_capacity(Self::LENGTH);
        bytes.extend_from_slice(site.0.as_bytes());
        bytes.extend_from_slice(&epoch.to_be_bytes());
        bytes.extend_from_slice(&key_id.0);
        bytes.extend_from_slice(&tree_size.to_be_bytes());
        bytes.extend_from_slice(&root.0);
        bytes.extend_from_slice(&issued_at.0.to_be_bytes());
        bytes.extend_from_slice(&self.signature.0);
        bytes
    }

    /// Reads its bytes. The signature is not verified.
    ///
    /// # Errors
    ///
    /// Says that the bytes have another length.
    pub fn decode(bytes: &[u8]) -> Result<Self, NotAPush> {
        let refused = NotAPush { length: bytes.len() };
        if bytes.len() != Self::LENGTH {
            return Err(refused);
        }
        let mut rest = bytes;
        Self::take_all(&mut rest).ok_or(refused)
    }

    fn take_all(rest: &mut &[u8]) -> Option<Self> {
        let head = PushHead {
            site: SiteId(uuid::Uuid::from_bytes(take(rest)?)),
            epoch: u64::from_be_bytes(take(rest)?),
            key_id: KeyId(take(rest)?),
            tree_size: u64::from_be_bytes(take(rest)?),
            root: Hash(take(rest)?),
            issued_at: Timestamp(i64::from_be_bytes(take(rest)?)),
        };
        Some(Self { head, signature: Signature(take(rest)?) })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (field, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*field)
}
