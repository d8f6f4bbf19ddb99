//! A task that many devices get: encoded once, but for what is each device's own.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{LARGEST_FRAME, MOST_PROOF_HASHES, Request, ToAgent};

const BEFORE_INDEX: &str = "<LeafIndex>";
const BEFORE_PROOF: &str = "</LeafIndex><Proof>";
const AFTER_PROOF: &str = "</Proof>";

/// The bytes of a proof, at most.
const LONGEST_PROOF: usize = MOST_PROOF_HASHES * 32;

/// A task that many devices get: encoded once, but for its place in the tree and the proof that leads from there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequestForm {
    head: String,
    tail: String,
}

impl RequestForm {
    /// Makes the form of a request; its own `leaf_index` and `proof` do not matter.
    pub fn new(request: Request) -> Self {
        let text =
            ToAgent::Request(Box::new(Request { leaf_index: 0, proof: Vec::new(), ..request })).encode();
        // The parameter, the one text among the values, is escaped: an element in it is none.
        let (head, rest) = text.split_once(BEFORE_INDEX).unwrap_or((&text, ""));
        let (_, tail) = rest.split_once(AFTER_PROOF).unwrap_or(("", rest));
        Self { head: head.to_owned(), tail: tail.to_owned() }
    }

    /// Appends the frame of one device's request: the same bytes as [`ToAgent::frame`] makes of it. Of a proof that is
    /// longer than a tree can ask for, only the beginning is written, which no agent takes.
    pub fn frame_into(
        &self,
        leaf_index: u64,
        proof: impl IntoIterator<Item = [u8; 32]>,
        frames: &mut Vec<u8>,
    ) {
        let mut bytes = [0; LONGEST_PROOF];
        let mut length = 0;
        for (into, hash) in bytes.chunks_exact_mut(32).zip(proof) {
            into.copy_from_slice(&hash);
            length += 32;
        }
        let start = frames.len();
        frames.reserve(self.room(length));
        frames.extend_from_slice(&[0; 4]);
        frames.extend_from_slice(self.head.as_bytes());
        frames.extend_from_slice(BEFORE_INDEX.as_bytes());
        digits(leaf_index, frames);
        frames.extend_from_slice(BEFORE_PROOF.as_bytes());
        let at = frames.len();
        frames.resize(at + length.div_ceil(3) * 4, 0);
        let written = STANDARD.encode_slice(&bytes[..length], &mut frames[at..]).unwrap_or_default();
        frames.truncate(at + written);
        frames.extend_from_slice(AFTER_PROOF.as_bytes());
        frames.extend_from_slice(self.tail.as_bytes());
        let length = u32::try_from(frames.len() - start - 4).unwrap_or(u32::MAX);
        frames[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }

    /// Returns how many bytes a frame with so long a proof takes, at most.
    fn room(&self, proof: usize) -> usize {
        let fixed = 4 + BEFORE_INDEX.len() + BEFORE_PROOF.len() + AFTER_PROOF.len() + 20;
        (self.head.len() + self.tail.len() + fixed + proof.div_ceil(3) * 4).min(LARGEST_FRAME + 4)
    }
}

/// Appends a number in decimal digits.
fn digits(mut number: u64, text: &mut Vec<u8>) {
    let start = text.len();
    loop {
        text.push(b'0' + u8::try_from(number % 10).unwrap_or_default());
        number /= 10;
        if number == 0 {
            break;
        }
    }
    text[start..].reverse();
}

#[cfg(test)]
mod tests {
    use action::{ActionKind, PushId, TaskGuid, TaskId, Timestamp};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    proptest! {
        #[test]
        fn a_form_makes_the_same_bytes_as_the_message_alone(
            param in ".{0,60}",
            index in any::<u64>(),
            proof in prop::collection::vec(any::<[u8; 32]>(), 0..=MOST_PROOF_HASHES),
        ) {
            let request = request(param, index, proof);
            let form = RequestForm::new(request.clone());
            let mut frames = b"before".to_vec();
            form.frame_into(index, request.proof.iter().copied(), &mut frames);
            prop_assert_eq!(&frames[..6], b"before");
            let alone = ToAgent::Request(Box::new(request)).frame();
            prop_assert_eq!(String::from_utf8_lossy(&frames[6..]), String::from_utf8_lossy(&alone));
        }
    }

    #[test]
    fn a_parameter_that_looks_like_the_message_changes_nothing() {
        let param = "<LeafIndex>9</LeafIndex><Proof>x</Proof></BgbRequestMessage>".to_owned();
        let request = request(param, 7, vec![[3; 32]]);
        let mut frames = Vec::new();
        RequestForm::new(request.clone()).frame_into(7, [[3; 32]], &mut frames);
        assert_eq!(ToAgent::decode(&frames[4..]), Ok(Some(ToAgent::Request(Box::new(request)))));
    }

    fn request(param: String, leaf_index: u64, proof: Vec<[u8; 32]>) -> Request {
        Request {
            push_id: PushId(8),
            task_id: TaskId(9),
            task_guid: TaskGuid(Uuid::from_u128(7)),
            kind: ActionKind::PROBE,
            param,
            epoch: 1,
            key_id: [4; 8],
            request_hash: [5; 32],
            issued_at: Timestamp(1_000),
            valid_until: Timestamp(2_000),
            deliver_by: Timestamp(3_000),
            finish_within_seconds: 60,
            tree_size: 100,
            leaf_index,
            proof,
            signature: [6; 64],
        }
    }
}
