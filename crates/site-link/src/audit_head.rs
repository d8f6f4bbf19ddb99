//! The head of a tenant's audit, signed by the console's link key, which the site has pinned: with it the site can show
//! anybody later what the console said of its own audit.

use action::TenantId;
use proof::audit::Head;

use crate::keys::{LinkKey, PublicLinkKey, Signature};

/// Signs the head of a tenant's audit.
pub fn sign(key: &LinkKey, tenant: TenantId, head: Head) -> Signature {
    key.sign(&bytes(tenant, head))
}

/// Returns whether the console with that key has signed the head.
pub fn verifies(key: PublicLinkKey, tenant: TenantId, head: Head, signature: &str) -> bool {
    signature.parse().is_ok_and(|signature| key.verifies(&bytes(tenant, head), &signature))
}

fn bytes(tenant: TenantId, head: Head) -> Vec<u8> {
    let mut bytes = b"tenon/console-audit-head/1".to_vec();
    bytes.extend_from_slice(tenant.0.as_bytes());
    bytes.extend_from_slice(&head.number.to_be_bytes());
    bytes.extend_from_slice(&head.hash.0);
    bytes
}

#[cfg(test)]
mod tests {
    use proof::Hash;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_head_is_signed_for_one_tenant_and_one_place() {
        let (key, other) = (LinkKey::from_seed(&[1; 32]), LinkKey::from_seed(&[2; 32]));
        let (tenant, head) = (TenantId(Uuid::from_u128(1)), Head { number: 7, hash: Hash([3; 32]) });
        let signed = sign(&key, tenant, head).to_string();
        let check = |key: &LinkKey, tenant, head| verifies(key.public(), tenant, head, &signed);
        assert!(check(&key, tenant, head));
        assert!(!check(&other, tenant, head));
        assert!(!check(&key, TenantId(Uuid::from_u128(2)), head));
        assert!(!check(&key, tenant, Head { number: 8, ..head }));
        assert!(!check(&key, tenant, Head { hash: Hash([4; 32]), ..head }));
        assert!(!verifies(key.public(), tenant, head, "no signature"));
    }
}
