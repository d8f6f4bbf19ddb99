//! What reaches the site authority, and the signed texts that reach devices.

use action::{DeviceId, SiteId, Timestamp};
use authority_link::{decode_answer, decode_call, encode_answer, encode_call, server::AwaitIntroduction};
use proof::{
    Hash, JoinToken, Manifest, Request, Servers, SignedPush, SignedTime, SigningKey, TrustDocument, Trusted,
    role, tree,
};

/// Calls, before and after the introduction. One that is read gives itself back.
pub(super) fn call(bytes: &[u8]) {
    if let Ok((number, call)) = decode_call(bytes) {
        assert_eq!(decode_call(&encode_call(number, &call)), Ok((number, call)));
    }
    for role in authority_link::Role::ALL {
        let _ = AwaitIntroduction::new([role].into()).on_frame(bytes);
        let first = encode_call(0, &authority_link::Call::Introduce { role });
        if let Ok((session, _)) = AwaitIntroduction::new([role].into()).on_frame(&first) {
            let _ = session.on_frame(bytes);
        }
    }
}

/// Answers. One that is read gives itself back.
pub(super) fn answer(bytes: &[u8]) {
    if let Ok((number, answer)) = decode_answer(bytes) {
        assert_eq!(decode_answer(&encode_answer(number, &answer)), Ok((number, answer)));
    }
}

/// Requests. One that is read has these bytes and no others.
pub(super) fn request(bytes: &[u8]) {
    if let Ok(request) = Request::parse(bytes) {
        assert_eq!(request.encode(), bytes);
    }
}

/// Signed texts, join tokens and role URIs. Only what the corpus holds can be signed by the corpus's keys.
pub(super) fn text(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let key = SigningKey::from_seed([1; 32]);
    if let Ok(trusted) = Trusted::verify(text, key.verifying().hash()) {
        assert_eq!(trusted.document(), &trust(&key));
    }
    let _ = Manifest::verify(text, &trust(&key), DeviceId(uuid::Uuid::nil()));
    let _ = SignedTime::verify(text, &trust(&key));
    if let Ok(token) = text.parse::<JoinToken>() {
        assert_eq!(token.text(), text);
    }
    if let Ok((site, role)) = role::parse(text) {
        assert_eq!(role::uri(site, &role), text);
    }
}

/// A signed push, and behind it a Merkle proof of whole hashes.
pub(super) fn push(bytes: &[u8]) {
    let Some((push, proof)) = bytes.split_at_checked(SignedPush::LENGTH) else { return };
    let Ok(push) = SignedPush::decode(push) else { return };
    assert_eq!(push.encode(), &bytes[..SignedPush::LENGTH]);
    let (proof, _) = proof.as_chunks::<32>();
    let proof: Vec<Hash> = proof.iter().map(|hash| Hash(*hash)).collect();
    let _ = tree::verify(push.head.root, push.head.epoch, push.head.tree_size, &proof, push.head.root);
    let _ = push.verify(&SigningKey::from_seed([1; 32]).verifying());
}

fn trust(key: &SigningKey) -> TrustDocument {
    TrustDocument {
        site: SiteId(uuid::Uuid::nil()),
        site_name: "Delft".to_owned(),
        version: 1,
        epoch: 1,
        issued_at: Timestamp(0),
        expires: Timestamp(1),
        root: key.verifying().hash(),
        ca: String::new(),
        task_keys: vec![key.verifying()],
        policy_keys: vec![key.verifying()],
        servers: Servers::default(),
        keep_alive_seconds: 240,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The corpus holds what these keys sign, so that mutations start from what is valid.
    #[test]
    fn the_corpus_holds_valid_texts() {
        let key = SigningKey::from_seed([1; 32]);
        let corpus = crate::corpus_folder("signed_text");
        let read = |name: &str| std::fs::read_to_string(corpus.join(name)).expect("an input");
        assert_eq!(read("trust"), trust(&key).sign(&key));
        let site = SiteId(uuid::Uuid::nil());
        let device = DeviceId(uuid::Uuid::nil());
        let manifest = Manifest {
            site,
            device,
            generation: 1,
            issued_at: Timestamp(0),
            policies: Vec::new(),
            applications: Vec::new(),
            deployments: Vec::new(),
        };
        assert_eq!(read("manifest"), manifest.sign(&key));
        let time = SignedTime { site, epoch: 1, key_id: key.id(), time: Timestamp(0) };
        assert_eq!(read("time"), time.sign(&key));
        assert!(read("token").parse::<JoinToken>().is_ok());
        assert!(role::parse(&read("role")).is_ok());
    }
}
